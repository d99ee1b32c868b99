//! Where the sessions of the tests' servers are: in a Redis of their own.

use evertoken_mock::{Options, Secret, StoreAt};

use crate::rig::URL;
use crate::server::Redis;

/// Ends with the server whose sessions it keeps.
pub struct Backing(Option<Redis>);

impl Backing {
    /// For a server on the Redis of another.
    pub fn none() -> Self {
        Self(None)
    }

    pub fn redis(&self) -> &Redis {
        self.0.as_ref().expect("it has one of its own")
    }

    pub fn of(options: Options) -> (Options, Self) {
        let redis = Redis::start();
        (shared(options, &redis.url()), Self(Some(redis)))
    }
}

/// With everything that several processes must have in common.
pub fn shared(options: Options, url: &str) -> Options {
    let secret = |given: Option<Secret>, text| Some(given.unwrap_or_else(|| Secret::new(text)));
    Options {
        store: StoreAt::Redis(Secret::new(url)),
        access_secret: secret(
            options.access_secret,
            "a secret for access tokens, and long",
        ),
        refresh_secret: secret(
            options.refresh_secret,
            "a secret for refresh tokens, and long",
        ),
        issuer: options.issuer.or_else(|| Some(URL.to_owned())),
        ..options
    }
}

/// How often two hundred presentations race each other; a hundred thousand race in `race.rs`.
pub const RACES: usize = 50;
