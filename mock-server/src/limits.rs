//! Too many logins or refreshes from one address.
//!
//! A bucket for each of the two kinds in each tenant, as large as the rate, refilled by the tenant's own
//! clock: a test that moves the clock need not wait.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::clock::Clock;
use crate::rate::RateLimit;

/// How many addresses are remembered in a bucket before those that are idle are forgotten, and if there
/// are none, all: more than any test has, and a bound on what strangers make of our memory.
const ADDRESSES: usize = 10_000;

/// The limiter counts nanoseconds in 64 bits, which is 584 years, and adds to them; the clock can be
/// moved farther. From here on its time stands still.
const FARTHEST: Duration = Duration::from_secs(250 * 366 * 24 * 60 * 60);

/// The longest time a rate is spread over, so that those sums stay inside too. Nobody waits for longer.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// Where a request came from: an extension of the request, set by the server. Without one, as through
/// `oneshot`, it came from this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

impl Default for Peer {
    fn default() -> Self {
        Self(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

/// Which bucket a request is taken from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Login,
    Refresh,
}

/// How long until the next one is allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait(Duration);

impl Wait {
    /// In whole seconds, at least one.
    pub(crate) fn seconds(self) -> u64 {
        let begun = u64::from(self.0.subsec_nanos() > 0);
        self.0.as_secs().saturating_add(begun).max(1)
    }
}

/// The limits of one tenant.
pub(crate) struct Limits {
    rate: RateLimit,
    clock: Arc<Clock>,
    /// Made anew when everything is forgotten, because the clock goes back then.
    buckets: RwLock<Option<Buckets>>,
}

type Bucket = RateLimiter<IpAddr, HashMapStateStore<IpAddr>, Ticks, NoOpMiddleware<Duration>>;

struct Buckets {
    clock: Ticks,
    login: Bucket,
    refresh: Bucket,
}

/// The tenant's clock as the limiter reads it: since the limiter was made.
#[derive(Clone)]
struct Ticks {
    clock: Arc<Clock>,
    since: Duration,
}

impl governor::clock::Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.clock.now().saturating_sub(self.since).min(FARTHEST)
    }
}

impl Limits {
    pub(crate) fn new(rate: RateLimit, clock: Arc<Clock>) -> Self {
        Self {
            buckets: RwLock::new(Buckets::new(rate, &clock)),
            rate,
            clock,
        }
    }

    /// Takes one from the bucket of this address, or says how long to wait.
    pub(crate) fn take(&self, kind: Kind, Peer(address): Peer) -> Result<(), Wait> {
        let guard = self.buckets.read().unwrap_or_else(PoisonError::into_inner);
        let Some(buckets) = guard.as_ref() else {
            return Ok(());
        };
        let bucket = match kind {
            Kind::Login => &buckets.login,
            Kind::Refresh => &buckets.refresh,
        };
        let address = address.to_canonical();
        let taken = bucket.check_key(&address).map_err(|refusal| {
            let now = governor::clock::Clock::now(&buckets.clock);
            Wait(refusal.wait_time_from(now))
        });
        if bucket.len() > ADDRESSES {
            bucket.retain_recent();
            if bucket.len() > ADDRESSES {
                drop(guard);
                self.reset();
            }
        }
        taken
    }

    /// Every bucket is full again. To be called after the clock was put back, too.
    pub(crate) fn reset(&self) {
        *self.buckets.write().unwrap_or_else(PoisonError::into_inner) =
            Buckets::new(self.rate, &self.clock);
    }
}

impl Buckets {
    fn new(rate: RateLimit, clock: &Arc<Clock>) -> Option<Self> {
        let RateLimit::Per { count, period } = rate else {
            return None;
        };
        let each = period.min(LONGEST).checked_div(count.get())?;
        let quota = Quota::with_period(each)?.allow_burst(count);
        let clock = Ticks {
            clock: clock.clone(),
            since: clock.now(),
        };
        Some(Self {
            login: RateLimiter::hashmap_with_clock(quota, clock.clone()),
            refresh: RateLimiter::hashmap_with_clock(quota, clock.clone()),
            clock,
        })
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}
