//! What can be chosen about a server, and whether it makes sense.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::domain::ReuseRevokes;
use crate::rate::RateLimit;
use crate::secret::Secret;
use crate::signing::Alg;

/// The shortest secret that is taken: as many bytes as HMAC-SHA-256 gives (RFC 7518 §3.2).
const SECRET_BYTES: usize = 32;

/// Everything that can be chosen. `Options::default()` is a server for tests: any free port on
/// 127.0.0.1, random secrets, controls on.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address or name to listen on.
    pub host: String,
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Where sessions are kept.
    pub store: StoreAt,
    /// Lifetime of an access token, in whole seconds (a fraction counts as a second). Zero is allowed.
    pub access_ttl: Duration,
    /// Lifetime of a refresh token, in whole seconds.
    pub refresh_ttl: Duration,
    /// Lifetime of a session, however often it is renewed, in whole seconds.
    pub absolute_ttl: Duration,
    /// How long a token that was just spent is forgiven without proof. Zero: never.
    pub grace: Duration,
    /// What a reused token ends.
    pub reuse_revokes: ReuseRevokes,
    /// How many logins, and how many refreshes, one address may ask for. Off here, as tests want it; the
    /// command line's default is 600 a minute.
    pub refresh_rate: RateLimit,
    /// Origins whose pages may call with credentials, `scheme://host[:port]`. Empty: every loopback
    /// origin. The server's own origin may always.
    pub allow_origins: Vec<String>,
    /// The `iss` of access tokens. `None`: the server's URL.
    pub issuer: Option<String>,
    /// Marks cookies `Secure`.
    pub cookie_secure: bool,
    /// The cookies' `SameSite`.
    pub cookie_same_site: SameSite,
    /// A folder to serve at `/`.
    pub static_dir: Option<PathBuf>,
    /// Whether `/__mock/` answers.
    pub control: bool,
    /// Allows the controls on an address other machines can reach, under any `Host`.
    pub control_anywhere: bool,
    /// Signs access tokens; at least 32 bytes. `None`: random.
    pub access_secret: Option<Secret>,
    /// The algorithm of access tokens.
    pub alg: Alg,
    /// With ES256: a private key on P-256, the text of a PEM file. `None`: random.
    pub es256_key: Option<Secret>,
    /// Signs refresh tokens; at least 32 bytes. `None`: random.
    pub refresh_secret: Option<Secret>,
}

impl Default for Options {
    fn default() -> Self {
        const DAY: u64 = 24 * 60 * 60;
        Self {
            host: "127.0.0.1".to_owned(),
            port: 0,
            store: StoreAt::Memory,
            access_ttl: Duration::from_secs(15 * 60),
            refresh_ttl: Duration::from_secs(7 * DAY),
            absolute_ttl: Duration::from_secs(30 * DAY),
            grace: Duration::ZERO,
            reuse_revokes: ReuseRevokes::User,
            refresh_rate: RateLimit::Off,
            allow_origins: Vec::new(),
            issuer: None,
            cookie_secure: false,
            cookie_same_site: SameSite::Strict,
            static_dir: None,
            control: true,
            control_anywhere: false,
            access_secret: None,
            alg: Alg::Hs256,
            es256_key: None,
            refresh_secret: None,
        }
    }
}

impl Options {
    pub(crate) fn check(&self) -> Result<(), OptionsError> {
        for (secret, name) in [
            (&self.access_secret, "JWT_ACCESS_SECRET"),
            (&self.refresh_secret, "JWT_REFRESH_SECRET"),
        ] {
            if secret
                .as_ref()
                .is_some_and(|secret| secret.expose().len() < SECRET_BYTES)
            {
                return Err(OptionsError::ShortSecret(name));
            }
        }
        if let Some(issuer) = &self.issuer {
            let whole = Url::parse(issuer).ok().filter(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.query().is_none()
                    && url.fragment().is_none()
            });
            if whole.is_none() {
                return Err(OptionsError::Issuer(issuer.clone()));
            }
        }
        if self.alg == Alg::Hs256 && self.es256_key.is_some() {
            return Err(OptionsError::UnusedKey);
        }
        match &self.store {
            StoreAt::Memory => {}
            StoreAt::Redis(_) => self.check_shared()?,
        }
        match (&self.access_secret, &self.refresh_secret) {
            (Some(access), Some(refresh)) if access.expose() == refresh.expose() => {
                Err(OptionsError::SameSecret)
            }
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }

    /// What each process would make for itself must be given where several answer as one.
    fn check_shared(&self) -> Result<(), OptionsError> {
        let access = match self.alg {
            Alg::Hs256 => ("JWT_ACCESS_SECRET", self.access_secret.is_some()),
            Alg::Es256 => ("--es256-key", self.es256_key.is_some()),
        };
        let given = [
            access,
            ("JWT_REFRESH_SECRET", self.refresh_secret.is_some()),
            ("--issuer", self.issuer.is_some()),
        ];
        match given.into_iter().find(|(_, given)| !given) {
            Some((name, _)) => Err(OptionsError::NotShared(name)),
            None => Ok(()),
        }
    }
}

/// Where sessions are kept.
#[derive(Clone, Debug, Default)]
pub enum StoreAt {
    /// In this process. They end with it.
    #[default]
    Memory,
    /// In Redis, at `redis://[user:password@]host[:port][/db]`, for all processes with the same secrets,
    /// issuer and database. Needs the feature `redis`.
    Redis(Secret),
}

/// A cookie's `SameSite` attribute (RFC 6265bis §4.1.2.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "server", derive(clap::ValueEnum))]
pub enum SameSite {
    /// Only from pages of the same site.
    #[default]
    Strict,
    /// Also when a link from another site is followed.
    Lax,
    /// From any site; browsers want `Secure` with it, so it implies that.
    None,
}

/// Options that do not go together. The text says what to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionsError {
    /// The named secret is too short.
    ShortSecret(&'static str),
    /// One secret signs both kinds of token.
    SameSecret,
    /// With a shared store, each process would make a secret, issuer or key of its own: this one has to
    /// be given.
    NotShared(&'static str),
    /// What is given as the address of Redis is none.
    RedisUrl,
    /// It asks for TLS.
    RedisTls,
    /// Built without Redis.
    NoRedis,
    /// What is given as a key for ES256 is none.
    Es256Key,
    /// There is a key for ES256, and ES256 is not used.
    UnusedKey,
    /// The issuer is no URL.
    Issuer(String),
    /// An allowed origin is none.
    Origin(String),
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ShortSecret(name) => {
                write!(f, "{name} is shorter than {SECRET_BYTES} bytes; give it at least that many, or unset it for a random one")
            }
            Self::SameSecret => {
                f.write_str("JWT_ACCESS_SECRET and JWT_REFRESH_SECRET are the same; give each a value of its own")
            }
            Self::NotShared(name) => {
                write!(f, "--store redis://… is shared between processes, and each would make its own {name}; give all of them the same")
            }
            Self::RedisUrl => {
                f.write_str("--store is no address of Redis; write redis://host:port, with :password@ before the host and /number after the port where need be (one Redis: no cluster, no sentinels)")
            }
            Self::RedisTls => {
                f.write_str("--store rediss://… asks for TLS, which is not built in; write redis:// and the address of a tunnel to that Redis, such as stunnel makes")
            }
            Self::NoRedis => {
                f.write_str("--store redis://… needs a build with the feature redis; build with --features redis, or use --store memory")
            }
            Self::Es256Key => {
                f.write_str("--es256-key holds no private key on P-256; make one with: openssl ecparam -name prime256v1 -genkey -noout")
            }
            Self::UnusedKey => {
                f.write_str("--es256-key is of no use with HS256; add --alg ES256, or leave it out")
            }
            Self::Issuer(text) => {
                write!(f, "--issuer \"{text}\" is no issuer; write a URL without query, as in https://auth.example.com (RFC 8414)")
            }
            Self::Origin(text) => {
                write!(f, "\"{text}\" is not an origin; write scheme://host[:port] without a path, as in https://app.example.com")
            }
        }
    }
}

impl std::error::Error for OptionsError {}
