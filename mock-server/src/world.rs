//! What the server wants from outside: the time, randomness, and to wait.
//!
//! Everything else in the crate asks a [`World`] and nothing else, so a test can hold the time still,
//! and the router can live where there is no system clock.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A wait.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The time, the randomness and the waiting of a server.
pub trait World: Send + Sync + 'static {
    /// The time since the Unix epoch.
    fn now(&self) -> Duration;

    /// Fills `bytes` with randomness.
    fn fill(&self, bytes: &mut [u8]);

    /// Ends once that much time has passed.
    fn sleep(&self, time: Duration) -> Sleep;
}

/// The one source of randomness of a world: everything random comes out of one seed.
pub struct Randomness(Mutex<StdRng>);

impl Randomness {
    /// All that follows from this seed.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self(Mutex::new(StdRng::from_seed(seed)))
    }

    /// Fills `bytes`.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fill_bytes(bytes);
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Randomness")
    }
}

/// A world in which time stands still, waiting takes none, and chance repeats itself. For tests: the
/// clock moves only when a test moves it.
#[derive(Debug)]
pub struct Still {
    randomness: Randomness,
}

impl Still {
    /// It is this many seconds after the Unix epoch, and stays so: 2026-01-01T00:00:00Z.
    pub const NOW: u64 = 1_767_225_600;

    /// A still world; equal seeds make equal tokens, but for the signatures of ES256, which are never equal.
    #[must_use]
    pub fn new(seed: u8) -> Self {
        Self {
            randomness: Randomness::new([seed; 32]),
        }
    }
}

impl World for Still {
    fn now(&self) -> Duration {
        Duration::from_secs(Self::NOW)
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.randomness.fill(bytes);
    }

    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(std::future::ready(()))
    }
}

/// The world as it is: the system's clock and randomness, tokio's timer.
#[cfg(feature = "server")]
#[derive(Debug)]
pub struct Real {
    randomness: Randomness,
}

#[cfg(feature = "server")]
impl Real {
    /// # Errors
    /// The system has no randomness to give.
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self {
            randomness: Randomness::new(seed),
        })
    }
}

#[cfg(feature = "server")]
impl World for Real {
    fn now(&self) -> Duration {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.randomness.fill(bytes);
    }

    fn sleep(&self, time: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(time))
    }
}
