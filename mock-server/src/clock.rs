//! Virtual time: the world's, plus an offset that a test moves.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crate::domain::Seconds;
use crate::world::World;

/// The farthest a clock may be moved in one step, or the `Date` header skewed: a hundred years. All
/// sums of times stay far inside their types, and dates inside four digits of a year.
const FARTHEST: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// The farthest a clock may be from the world's.
const FARTHEST_OFFSET_MS: u64 = 1_000 * 366 * 24 * 60 * 60 * 1_000;

/// The clock of one tenant. Tokens, cookies and the `Date` header go by it. It runs as the world's
/// does, and is only ever moved forward.
pub struct Clock {
    world: Arc<dyn World>,
    offset_ms: AtomicU64,
    skew: AtomicI64,
}

impl Clock {
    pub(crate) fn new(world: Arc<dyn World>) -> Self {
        Self {
            world,
            offset_ms: AtomicU64::new(0),
            skew: AtomicI64::new(0),
        }
    }

    /// The time since the Unix epoch.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.world.now().saturating_add(self.offset())
    }

    /// The same in whole seconds.
    #[must_use]
    pub fn seconds(&self) -> Seconds {
        self.now().as_secs()
    }

    /// How far it was moved.
    #[must_use]
    pub fn offset(&self) -> Duration {
        Duration::from_millis(self.offset_ms.load(Ordering::SeqCst))
    }

    /// Moves it forward, by a hundred years at most.
    pub fn advance(&self, time: Duration) {
        let ms = u64::try_from(time.min(FARTHEST).as_millis()).unwrap_or(u64::MAX);
        // The closure always answers, so the update cannot fail.
        let _ = self
            .offset_ms
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |offset| {
                Some(offset.saturating_add(ms).min(FARTHEST_OFFSET_MS))
            });
    }

    /// Lets the `Date` header say something else than the clock: so many seconds more, or less.
    pub fn skew_date_header(&self, seconds: i64) {
        let farthest = i64::try_from(FARTHEST.as_secs()).unwrap_or(i64::MAX);
        self.skew
            .store(seconds.clamp(-farthest, farthest), Ordering::SeqCst);
    }

    /// What the `Date` header says (RFC 9110 §6.6.1).
    pub(crate) fn date(&self) -> Duration {
        let skew = self.skew.load(Ordering::SeqCst);
        let distance = Duration::from_secs(skew.unsigned_abs());
        if skew < 0 {
            self.now().saturating_sub(distance)
        } else {
            self.now().saturating_add(distance)
        }
    }

    pub(crate) fn reset(&self) {
        self.offset_ms.store(0, Ordering::SeqCst);
        self.skew.store(0, Ordering::SeqCst);
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock")
            .field("now", &self.now())
            .field("offset", &self.offset())
            .finish_non_exhaustive()
    }
}
