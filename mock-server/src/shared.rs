//! What all tenants of one server have in common, and the tenants themselves.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

use crate::domain::{ReuseRevokes, Seconds};
use crate::journal::Total;
use crate::options::{Options, OptionsError, SameSite};
use crate::origin::Origins;
use crate::rate::RateLimit;
use crate::secret::Secret;
use crate::signing::{Alg, Signing};
use crate::store::Backend;
use crate::tenant::Tenant;
use crate::tokens::Keys;
use crate::world::World;

/// How many tenants may exist beside the one at `/`: more than tests run side by side, and a bound on
/// what a stranger's paths can make of our memory (an idle tenant is about four kilobytes). Beyond it the
/// one that has been idle the longest goes.
const TENANTS: usize = 10_000;

/// How many requests all of them remember together, at some 400 bytes each: as many as two hundred tenants
/// can. Beyond it those that have been idle the longest forget theirs, until a quarter is free.
const REQUESTS: usize = 200_000;

/// What is the same for every tenant.
pub(crate) struct Shared {
    pub(crate) world: Arc<dyn World>,
    pub(crate) keys: Keys,
    pub(crate) backend: Backend,
    pub(crate) url: String,
    pub(crate) issuer: String,
    pub(crate) origins: Origins,
    pub(crate) access_ttl: Seconds,
    pub(crate) refresh_ttl: Seconds,
    pub(crate) absolute_ttl: Seconds,
    pub(crate) grace_ms: u64,
    pub(crate) reuse_revokes: ReuseRevokes,
    pub(crate) rate: RateLimit,
    pub(crate) same_site: SameSite,
    pub(crate) secure: bool,
    pub(crate) control: bool,
    pub(crate) any_host: bool,
    pub(crate) journalled: Total,
    stop: watch::Sender<bool>,
}

/// A server without its socket: give it to [`app`](crate::app).
#[derive(Clone)]
pub struct State(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    root: Arc<Tenant>,
    tenants: Mutex<Tenants>,
}

#[derive(Default)]
struct Tenants {
    /// Counts uses: the clock of idleness.
    uses: u64,
    named: HashMap<String, (Arc<Tenant>, u64)>,
}

impl Tenants {
    /// For one more.
    fn make_room(&mut self) {
        if self.named.len() >= TENANTS {
            let used = self.named.iter().min_by_key(|(_, (_, last))| *last);
            let idle = used.map(|(name, _)| name.clone());
            idle.and_then(|name| self.named.remove(&name));
        }
    }

    /// Those idle the longest come first.
    fn forget_requests(&self, journalled: &Total) {
        let mut idle: Vec<_> = self.named.values().collect();
        idle.sort_unstable_by_key(|(_, last)| *last);
        for (tenant, _) in idle {
            if journalled.get() <= REQUESTS / 4 * 3 {
                break;
            }
            tenant.journal.clear();
        }
    }
}

impl State {
    /// A server that is reached at `url`, which is an origin without a slash at the end, as in
    /// `http://127.0.0.1:4000`.
    ///
    /// # Errors
    /// Options that do not go together; the text says what to change.
    pub fn new(options: &Options, world: Arc<dyn World>, url: &str) -> Result<Self, OptionsError> {
        options.check()?;
        let secret = |given: &Option<Secret>| match given {
            Some(secret) => secret.expose().as_bytes().to_vec(),
            None => {
                let mut bytes = vec![0; 32];
                world.fill(&mut bytes);
                bytes
            }
        };
        let access = match (options.alg, &options.es256_key) {
            (Alg::Hs256, _) => Some(Signing::hs256(&secret(&options.access_secret))),
            (Alg::Es256, Some(pem)) => Signing::es256(pem.expose()),
            (Alg::Es256, None) => Signing::es256_at_random(|bytes| world.fill(bytes)),
        };
        let access = access.ok_or(OptionsError::Es256Key)?;
        let shared = Arc::new(Shared {
            keys: Keys::new(access, &secret(&options.refresh_secret)),
            backend: Backend::new(&options.store)?,
            url: url.to_owned(),
            issuer: options.issuer.clone().unwrap_or_else(|| url.to_owned()),
            origins: Origins::new(url, &options.allow_origins)?,
            access_ttl: whole_seconds(options.access_ttl),
            refresh_ttl: whole_seconds(options.refresh_ttl),
            absolute_ttl: whole_seconds(options.absolute_ttl),
            grace_ms: u64::try_from(options.grace.as_millis()).unwrap_or(u64::MAX),
            reuse_revokes: options.reuse_revokes,
            rate: options.refresh_rate,
            same_site: options.cookie_same_site,
            secure: options.cookie_secure || options.cookie_same_site == SameSite::None,
            control: options.control,
            any_host: options.control_anywhere,
            journalled: Total::default(),
            stop: watch::channel(false).0,
            world,
        });
        let root = Arc::new(Tenant::new(shared.clone(), String::new()));
        Ok(Self(Arc::new(Inner {
            shared,
            root,
            tenants: Mutex::default(),
        })))
    }

    /// The tenant at `/`.
    #[must_use]
    pub fn root(&self) -> &Arc<Tenant> {
        &self.0.root
    }

    /// The tenant at `/t/{name}/`, made if there was none. `None`: a name is 1 to 64 of `a-z`, `0-9`
    /// and `-`.
    #[must_use]
    pub fn tenant(&self, name: &str) -> Option<Arc<Tenant>> {
        let good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 64 || !name.bytes().all(good) {
            return None;
        }
        let mut tenants = self
            .0
            .tenants
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        tenants.uses = tenants.uses.saturating_add(1);
        let used = tenants.uses;
        let tenant = match tenants.named.get_mut(name) {
            Some((tenant, last)) => {
                *last = used;
                tenant.clone()
            }
            None => {
                tenants.make_room();
                let shared = self.0.shared.clone();
                let tenant = Arc::new(Tenant::new(shared, format!("/t/{name}")));
                let named = (tenant.clone(), used);
                tenants.named.insert(name.to_owned(), named);
                tenant
            }
        };
        if self.0.shared.journalled.get() > REQUESTS {
            tenants.forget_requests(&self.0.shared.journalled);
        }
        Some(tenant)
    }

    /// The tenant a path belongs to, and the path as that tenant sees it.
    pub(crate) fn locate<'p>(&self, path: &'p str) -> Option<(Arc<Tenant>, &'p str)> {
        let Some(rest) = path.strip_prefix("/t/") else {
            return Some((self.0.root.clone(), path));
        };
        let (name, inner) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Some((
            self.tenant(name)?,
            if inner.is_empty() { "/" } else { inner },
        ))
    }

    /// Lets everything that hangs on purpose come to its end.
    pub fn stop(&self) {
        self.0.shared.stop.send_replace(true);
    }

    /// Ends once the server stops.
    #[cfg(feature = "server")]
    pub(crate) async fn stopped(&self) {
        self.0.shared.stopped().await;
    }
}

impl Shared {
    /// Ends once the server stops.
    pub(crate) async fn stopped(&self) {
        // The sender lives in `self`, so the wait ends by its value alone.
        let _ = self.stop.subscribe().wait_for(|stopped| *stopped).await;
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("url", &self.0.shared.url)
            .finish_non_exhaustive()
    }
}

/// JWTs and cookies count whole seconds; a fraction is one more, so that nothing is shorter than asked.
fn whole_seconds(time: std::time::Duration) -> Seconds {
    time.as_secs()
        .saturating_add(u64::from(time.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Entry;
    use crate::world::Still;

    #[test]
    fn tenants_remember_no_more_than_a_bounded_number_of_requests_together_and_the_idle_forget_first()
     {
        let options = Options::default();
        let state = State::new(&options, Arc::new(Still::new(1)), "http://127.0.0.1:1").unwrap();
        let ask = |name: &str, times: usize| {
            for _ in 0..times {
                state.tenant(name).unwrap().journal.begin(Entry {
                    n: 0,
                    at: 0,
                    method: "GET".to_owned(),
                    path: "/health".to_owned(),
                    origin: None,
                    status: None,
                    token: None,
                    faulted: false,
                });
            }
        };
        let remembers = |name: &str| state.tenant(name).unwrap().requests().len();
        // More than a tenant keeps, so that what is pushed out is seen not to count.
        for n in 0..200 {
            ask(&n.to_string(), 1_001);
        }
        ask("0", 1);
        assert_eq!(state.root().shared.journalled.get(), REQUESTS);
        ask("new", 1);
        assert_eq!(remembers("1"), 1_000, "who asks is not idle");
        assert!(state.root().shared.journalled.get() <= REQUESTS / 4 * 3);
        assert_eq!(
            ["2", "52", "53", "0", "199", "new"].map(remembers),
            [0, 0, 1_000, 1_000, 1_000, 1]
        );
        // Whoever goes takes his along, and a number is never given twice.
        ask("2", 1);
        assert_eq!(state.tenant("2").unwrap().requests()[0].n, 1_002);
        state.0.tenants.lock().unwrap().named.clear();
        assert_eq!(state.root().shared.journalled.get(), 0);
    }
}
