//! Where a session stands, in an order that all tabs share.

use crate::time::Instant;

use super::Tab;
use super::words::{Reader, Writer};

/// What a login or a logout opens, and only they.
///
/// Of two the one with the greater number is younger. Tabs that have not heard of each other give the same number
/// twice; then a logout comes before a login, because a login is what ends a logout, and after that the clock
/// decides, and in the end the tab. So any two tabs agree which of two is the present one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Epoch {
    pub(crate) number: u32,
    pub(crate) is_login: bool,
    /// When it was opened, and by which tab.
    pub(crate) stamp: u64,
}

/// How much of a stamp names the tab.
const TAB_BITS: u32 = 20;

impl Epoch {
    /// The epoch that follows this one.
    pub(crate) fn next(self, is_login: bool, now: Instant, tab: Tab) -> Self {
        let tab = u64::from(tab) & ((1 << TAB_BITS) - 1);
        Self {
            number: self.number.saturating_add(1),
            is_login,
            stamp: (now.as_millis() << TAB_BITS) | tab,
        }
    }

    /// The epoch of a logout that follows another, with nothing between them to end: no greater for whoever has heard
    /// of neither.
    pub(crate) fn again(self, now: Instant, tab: Tab) -> Self {
        let next = self.next(false, now, tab);
        Self {
            stamp: self.stamp.max(next.stamp),
            ..self
        }
    }

    /// When it was opened.
    pub fn opened(self) -> Instant {
        Instant::from_millis(self.stamp >> TAB_BITS)
    }

    /// Whether a login opened it; else a logout did, or nothing has happened yet.
    pub const fn is_login(self) -> bool {
        self.is_login
    }

    pub(super) fn write(self, to: Writer) -> Writer {
        to.number(u64::from(self.number))
            .flag(self.is_login)
            .number(self.stamp)
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            number: from.small()?,
            is_login: from.flag()?,
            stamp: from.number()?,
        })
    }
}

/// Where a session stands: the greatest that anybody has seen is the present one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The login or logout that counts.
    pub epoch: Epoch,
    /// How many refreshes have followed it, as far as the tabs know.
    pub generation: u32,
    /// Whether the session is over: an end outranks the grant that it ends.
    pub ended: bool,
}

impl Position {
    /// The end that a logout is.
    pub(crate) fn logged_out(epoch: Epoch) -> Self {
        Self {
            epoch,
            generation: 0,
            ended: true,
        }
    }

    pub(super) fn write(self, to: Writer) -> Writer {
        self.epoch
            .write(to)
            .number(u64::from(self.generation))
            .flag(self.ended)
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Option<Self> {
        let epoch = Epoch::read(from)?;
        let generation = from.small()?;
        // What a logout opened is over, whatever else is written.
        let is_logout = epoch.number > 0 && !epoch.is_login;
        Some(Self {
            epoch,
            generation,
            ended: from.flag()? || is_logout,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Instant = Instant::from_millis(1_800_000_000_000);

    #[test]
    fn of_two_epochs_with_one_number_the_login_outranks_the_logout_whatever_the_clock_says() {
        let before = Epoch::default().next(true, NOON, 1);
        let login = before.next(true, NOON, 1);
        let logout = before.next(false, Instant::from_millis(NOON.as_millis() + 9), 2);
        assert!(before < logout && logout < login);
    }

    #[test]
    fn of_two_logins_with_one_number_the_later_counts_and_at_the_same_instant_there_is_still_an_order()
     {
        let old = Epoch::default();
        let first = old.next(true, NOON, 7);
        let second = old.next(true, Instant::from_millis(NOON.as_millis() + 1), 1);
        assert!(first < second);
        assert_ne!(old.next(true, NOON, 1), old.next(true, NOON, 2));
        assert_eq!(second.opened().as_millis(), NOON.as_millis() + 1);
    }

    #[test]
    fn an_end_outranks_the_grant_it_ends_and_no_later_one() {
        let at = |generation, ended| Position {
            epoch: Epoch::default().next(true, NOON, 1),
            generation,
            ended,
        };
        assert!(at(3, false) < at(3, true));
        assert!(at(3, true) < at(4, false));
    }

    #[test]
    fn a_stamp_has_room_for_twenty_bits_of_a_tab_and_more_do_not_change_the_time() {
        let by = |tab| Epoch::default().next(true, NOON, tab);
        for bit in 0..20 {
            assert_ne!(by(1 << bit), by(0), "{bit}");
        }
        assert_eq!(by(u32::MAX).opened(), NOON);
    }

    #[test]
    fn what_a_logout_opened_is_over_whatever_else_is_written() {
        let nothing_yet = Epoch::default();
        for (epoch, ended) in [
            (nothing_yet, false),
            (nothing_yet.next(true, NOON, 1), false),
            (nothing_yet.next(false, NOON, 1), true),
        ] {
            let written = Position {
                epoch,
                ..Position::default()
            };
            let text = written.write(Writer::new()).text();
            let read = Position::read(&mut Reader::new(&text).unwrap()).unwrap();
            assert_eq!(read, Position { ended, ..written });
        }
    }
}
