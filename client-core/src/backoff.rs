//! How long to wait before trying again: full jitter, and never less than the server asked for.

use crate::rng::Rng;
use crate::time::Duration;

/// The first ceiling. Most faults that pass at all pass within seconds.
const BASE: Duration = Duration::from_secs(1);
/// The last ceiling: a backend that comes back finds its users within a minute.
const CEILING: Duration = Duration::from_secs(60);
/// Even the luckiest draw leaves the network this long, so that no fault can make us spin.
const FLOOR: Duration = Duration::from_millis(250);
/// A `Retry-After` beyond this is kept to only so far: a typing mistake in a proxy must not lock a
/// user out for a year.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// The wait after the `failures`-th failure in a row (1 is the first): evenly spread between nothing
/// and a ceiling that doubles each time, but at least [`FLOOR`] and at least `retry_after`. Offline it is the last
/// ceiling: the browser says when it is online again, but some say wrongly that they are not.
pub(crate) fn delay(
    failures: u32,
    retry_after: Option<Duration>,
    is_online: bool,
    rng: &mut Rng,
) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let ceiling = (BASE.as_millis() << doublings).min(CEILING.as_millis());
    let jittered = if is_online {
        Duration::from_millis(rng.up_to(ceiling)).max(FLOOR)
    } else {
        CEILING
    };
    // The jitter comes on top of what the server asked for, so that its clients do not come back together.
    match retry_after {
        Some(asked) => bounded(asked) + jittered,
        None => jittered,
    }
}

/// A server's `Retry-After`, as far as it is kept to.
pub(crate) fn bounded(retry_after: Duration) -> Duration {
    retry_after.min(LONGEST_RETRY_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_between_the_floor_and_a_ceiling_that_doubles_up_to_a_minute() {
        let mut rng = Rng::new(7);
        for (failures, ceiling) in [(0, 1), (1, 1), (2, 2), (3, 4), (7, 60), (u32::MAX, 60)] {
            let waits = (0..2_000).map(|_| delay(failures, None, true, &mut rng));
            let (mut least, mut most) = (Duration::MAX, Duration::ZERO);
            for wait in waits {
                least = least.min(wait);
                most = most.max(wait);
            }
            assert!(
                least >= FLOOR && least < Duration::from_millis(400),
                "{failures}: {least:?}"
            );
            assert!(most <= Duration::from_secs(ceiling), "{failures}: {most:?}");
            assert!(
                most > Duration::from_millis(ceiling * 900),
                "{failures}: {most:?}"
            );
        }
    }

    #[test]
    fn a_wait_is_never_shorter_than_the_server_asked_for() {
        let mut rng = Rng::new(7);
        for _ in 0..1_000 {
            assert!(
                delay(1, Some(Duration::from_secs(30)), true, &mut rng) >= Duration::from_secs(30)
            );
        }
    }

    #[test]
    fn offline_it_is_tried_once_a_minute_and_not_more() {
        assert_eq!(delay(1, None, false, &mut Rng::new(7)), CEILING);
    }

    #[test]
    fn an_absurd_retry_after_is_kept_to_for_an_hour() {
        let wait = delay(1, Some(Duration::MAX), true, &mut Rng::new(7)).as_secs();
        assert!((3_600..=3_601).contains(&wait), "{wait}");
    }
}
