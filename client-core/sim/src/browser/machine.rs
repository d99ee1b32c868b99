//! The computer that the browser runs on: its clocks, its sleep and its network.

use evertoken_core::Clock;

/// When worlds begin, by the clock on the wall: some day in 2026.
const WALL: f64 = 1_790_000_000_000.0;

/// The computer.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// How long it has slept in all.
    pub slept: u64,
    /// Until when it sleeps, if that is not over.
    pub asleep_until: u64,
    /// By how much the clock on the wall was set.
    pub wall_offset: i64,
    /// Whether there is no network.
    pub offline: bool,
}

impl Machine {
    /// `performance.now()`: it stands still in sleep.
    #[must_use]
    pub fn performance(&self, now: u64) -> f64 {
        now.saturating_sub(self.slept) as f64
    }

    /// `Date.now()`.
    #[must_use]
    pub fn date(&self, now: u64) -> f64 {
        WALL + now as f64 + self.wall_offset as f64
    }

    /// The clock of a page that is opened now.
    #[must_use]
    pub fn clock(&self, now: u64) -> Clock {
        Clock::new(self.performance(now), self.date(now))
    }
}
