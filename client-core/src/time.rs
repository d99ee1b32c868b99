//! Time as the machine sees it: an argument, never a call.

use core::ops::{Add, Div, Mul, Sub};
use core::time::Duration as Exact;

/// A length of time, in whole milliseconds: from none to the longest there is, beyond which no sum goes.
///
/// The standard library's counts nanoseconds beside seconds, and would weigh 1.0 KB of brotli more in the engine. The two
/// become each other with `into`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(u64);

impl Duration {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// The longest there is.
    pub const MAX: Self = Self(u64::MAX);

    /// So many milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// So many seconds, or the longest time there is.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// Its milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Its whole seconds.
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000
    }
}

impl Add for Duration {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self(self.0.saturating_add(more.0))
    }
}

impl Sub for Duration {
    type Output = Self;

    fn sub(self, less: Self) -> Self {
        Self(self.0.saturating_sub(less.0))
    }
}

impl Mul<Duration> for u64 {
    type Output = Duration;

    fn mul(self, one: Duration) -> Duration {
        Duration(self.saturating_mul(one.0))
    }
}

impl Div<u64> for Duration {
    type Output = Self;

    fn div(self, parts: u64) -> Self {
        Self(self.0 / parts)
    }
}

impl From<Exact> for Duration {
    /// What is less than a millisecond is left out.
    fn from(exact: Exact) -> Self {
        Self(u64::try_from(exact.as_millis()).unwrap_or(u64::MAX))
    }
}

impl From<Duration> for Exact {
    fn from(Duration(ms): Duration) -> Self {
        Self::from_millis(ms)
    }
}

/// A point on the session's own time line, in whole milliseconds.
///
/// It never goes back, and it counts the time a machine slept. It begins at the time of day, so that the time
/// lines of two tabs can be compared, but for what the clock was set in between. See [`Clock`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(u64);

impl Instant {
    /// The instant `ms` milliseconds after 1970 began.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970, as far as this page's clock can tell.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This instant and `d` more. A sum beyond the end of time is the end of time.
    #[must_use]
    pub fn after(self, d: Duration) -> Self {
        Self(self.0.saturating_add(d.0))
    }

    /// This instant less `d`, and never before the beginning.
    #[must_use]
    pub fn before(self, d: Duration) -> Self {
        Self(self.0.saturating_sub(d.0))
    }

    /// The time from `earlier` to this instant; nothing if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

/// Makes one time line out of a browser's two clocks.
///
/// `performance.now()` is monotone but stands still while the machine sleeps; `Date.now()` counts
/// sleep but can be set. The time line follows the first, and the second where that has run ahead by
/// more than a second between two readings: sleep counts, a clock set forward costs at most one early
/// refresh, a clock set back costs nothing.
#[derive(Clone, Debug)]
pub struct Clock {
    performance: f64,
    date: f64,
    elapsed: f64,
}

/// Less than this, in milliseconds, is no sleep but the two clocks' rounding, which browsers make as
/// coarse as 100 ms and which would add up.
const SLEEP: f64 = 1_000.0;

impl Clock {
    /// Begins a time line at these readings, both in milliseconds: at `date`.
    pub fn new(performance: f64, date: f64) -> Self {
        let date = if date.is_finite() { date } else { 0.0 };
        Self {
            performance,
            date,
            elapsed: date,
        }
    }

    /// The present instant, given the present readings in milliseconds.
    pub fn now(&mut self, performance: f64, date: f64) -> Instant {
        let ran = step(&mut self.performance, performance).max(0.0);
        let passed = step(&mut self.date, date);
        self.elapsed += if passed - ran > SLEEP { passed } else { ran };
        // `as` saturates, and truncates to the whole millisecond that is meant here.
        Instant(self.elapsed as u64)
    }
}

/// How far a clock has moved since its last reading. A reading that is no number is none.
fn step(last: &mut f64, reading: f64) -> f64 {
    if !reading.is_finite() {
        return 0.0;
    }
    let moved = reading - *last;
    *last = reading;
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_in_milliseconds_as_far_as_they_go() {
        for (time, counted) in [
            (Exact::from_micros(1_999), 1),
            (Exact::from_millis(2_345), 2_345),
            (Exact::new(u64::MAX / 1_000, 999_000_000), u64::MAX),
            (Exact::MAX, u64::MAX),
        ] {
            assert_eq!(Duration::from(time).as_millis(), counted, "{time:?}");
        }
        assert_eq!(Exact::from(Duration(2_345)), Exact::from_millis(2_345));
        assert_eq!(Duration::from_secs(2).as_millis(), 2_000);
        assert_eq!(Duration::from_secs(u64::MAX), Duration::MAX);
        assert_eq!(Duration(2_999).as_secs(), 2);
        assert_eq!(Duration(1) + Duration::MAX, Duration::MAX);
        assert_eq!(Duration(1) - Duration(2), Duration::ZERO);
        assert_eq!(2 * Duration(3) - Duration(1), Duration(10) / 2);
        assert_eq!(2 * Duration::MAX, Duration::MAX);
    }

    #[test]
    fn sleep_counts_although_the_monotone_clock_stood_still() {
        let mut clock = Clock::new(0.0, 1_000.0);
        assert_eq!(clock.now(5.0, 3_601_000.0), Instant(3_601_000));
    }

    #[test]
    fn the_dates_lead_counts_from_more_than_a_second_on_and_counts_whole() {
        let mut clock = Clock::new(0.0, 0.0);
        assert_eq!(clock.now(500.0, 1_500.0), Instant(500), "a second's lead");
        assert_eq!(clock.now(600.0, 2_601.0), Instant(1_601), "more than that");
        let mut asleep = Clock::new(0.0, 0.0);
        assert_eq!(asleep.now(900.0, 1_200.0), Instant(900), "both ran");
    }

    #[test]
    fn a_clock_set_back_costs_nothing() {
        let mut clock = Clock::new(0.0, 10_000_000.0);
        assert_eq!(clock.now(100.0, 0.0), Instant(10_000_100));
        assert_eq!(clock.now(200.0, 100.0), Instant(10_000_200));
    }

    #[test]
    fn the_rounding_of_two_coarse_clocks_does_not_add_up() {
        let mut clock = Clock::new(0.0, 0.0);
        let mut now = Instant(0);
        for tick in 0..=90_000 {
            let real = f64::from(tick) * 10.0;
            let coarse = |at: f64| (at / 100.0).floor() * 100.0;
            now = clock.now(coarse(real), coarse(real + 50.0));
        }
        assert_eq!(now, Instant(900_000));
    }

    #[test]
    fn a_reading_that_is_no_number_advances_nothing() {
        let mut clock = Clock::new(0.0, 0.0);
        assert_eq!(clock.now(f64::NAN, f64::NAN), Instant(0));
        assert_eq!(clock.now(f64::NEG_INFINITY, f64::INFINITY), Instant(0));
        assert_eq!(clock.now(7.0, 7.0), Instant(7));
    }

    #[test]
    fn arithmetic_ends_at_the_ends_of_time() {
        assert_eq!(Instant(5).before(Duration::from_secs(1)), Instant(0));
        assert_eq!(Instant(5).after(Duration::MAX), Instant(u64::MAX));
        assert_eq!(Instant(5).since(Instant(9)), Duration::ZERO);
    }
}
