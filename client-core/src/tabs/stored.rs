//! What a browser keeps of a session for tabs that are not there yet. No token, no user.
//!
//! Each note has a slot of its own, so that no write hides another: a tab that has not heard of a logout may
//! overwrite the record, and never the tombstone.

use crate::effect::Scope;
use crate::failure::Reason;

use super::Tab;
use super::position::{Epoch, Position};
use super::words::{Reader, Writer};

/// Where a note is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// Where the session stands: a [`Record`].
    Record,
    /// The last logout: a [`Tombstone`].
    Tombstone,
    /// A login that was sent and whose answer nobody has seen: the [`Epoch`] it was sent from.
    Login,
    /// Who is there: [`Tabs`].
    Tabs,
}

impl Slot {
    /// What to call the slot, after what names the session.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Record => "",
            Self::Tombstone => ":logout",
            Self::Login => ":login",
            Self::Tabs => ":tabs",
        }
    }
}

/// All notes, as far as they can be understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Where the session stands.
    pub record: Option<Record>,
    /// The last logout.
    pub tombstone: Option<Tombstone>,
    /// A login that was sent and whose answer nobody has seen.
    pub login: Option<Epoch>,
    /// Who is there.
    pub tabs: Tabs,
}

impl Stored {
    /// Reads every slot. What cannot be understood is as good as nothing.
    pub fn read(mut slot: impl FnMut(Slot) -> Option<String>) -> Self {
        Self {
            record: slot(Slot::Record).and_then(|text| Record::parse(&text)),
            tombstone: slot(Slot::Tombstone).and_then(|text| Tombstone::parse(&text)),
            login: slot(Slot::Login).and_then(|text| parse_login(&text)),
            tabs: slot(Slot::Tabs).map_or_else(Tabs::default, |text| Tabs::parse(&text)),
        }
    }
}

/// Where the session stood when an exchange was last committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Where.
    pub position: Position,
    /// Why it is over, if it is.
    pub reason: Option<Reason>,
    /// The newest key: what the next refresh sends so that the server can tell an honest repetition from
    /// theft. It is worth nothing without the refresh token, which script cannot read.
    pub refresh_key: Option<String>,
}

impl Record {
    /// Reads what [`to_text`](Self::to_text) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = Reader::new(text)?;
        Some(Self {
            position: Position::read(&mut words)?,
            reason: words.optional()?.and_then(Reason::from_number),
            refresh_key: words.key()?,
        })
    }

    /// The text to keep.
    pub fn to_text(&self) -> String {
        self.position
            .write(Writer::new())
            .optional(self.reason.map(|reason| reason as u64))
            .key(self.refresh_key.as_deref())
            .text()
    }
}

/// A logout, and whether the server has heard of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// The epoch that the logout opened.
    pub epoch: Epoch,
    /// What the server still has to be told; nothing once it was.
    pub owed: Option<Scope>,
}

impl Tombstone {
    /// Reads what [`to_text`](Self::to_text) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = Reader::new(text)?;
        Some(Self {
            epoch: Epoch::read(&mut words)?,
            owed: match words.optional()? {
                None => None,
                Some(scope) => Some(Scope::from_number(scope)?),
            },
        })
    }

    /// The text to keep.
    pub fn to_text(&self) -> String {
        self.epoch
            .write(Writer::new())
            .optional(self.owed.map(|scope| scope as u64))
            .text()
    }
}

pub(crate) fn login_text(epoch: Epoch) -> String {
    epoch.write(Writer::new()).text()
}

fn parse_login(text: &str) -> Option<Epoch> {
    Epoch::read(&mut Reader::new(text)?)
}

/// The tabs that are there, or were when they were last heard of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tabs(Vec<Tab>);

/// More are not noted. Who is missing is heard of when it speaks.
const MOST_TABS: usize = 64;

impl Tabs {
    /// Reads what a [`Slot::Tabs`] holds, as far as it can be understood.
    pub fn parse(text: &str) -> Self {
        let mut tabs = Self::default();
        if let Some(mut words) = Reader::new(text) {
            while let Some(tab) = words.small() {
                tabs.add(tab);
            }
        }
        tabs
    }

    /// The text to keep, with `own` among them; nothing if there is none.
    pub(crate) fn to_text(&self, own: Option<Tab>) -> Option<String> {
        let mut text = Writer::new();
        let mut any = false;
        for tab in own.iter().chain(&self.0) {
            text = text.number(u64::from(*tab));
            any = true;
        }
        any.then(|| text.text())
    }

    pub(crate) fn add(&mut self, tab: Tab) {
        if tab != 0 && self.0.len() < MOST_TABS && !self.0.contains(&tab) {
            self.0.push(tab);
        }
    }

    pub(crate) fn remove(&mut self, tab: Tab) {
        if let Some(place) = self.0.iter().position(|known| *known == tab) {
            self.0.swap_remove(place);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Tab> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Instant;

    fn epoch(is_login: bool) -> Epoch {
        Epoch::default().next(is_login, Instant::from_millis(1_800_000_000_000), 77)
    }

    #[test]
    fn what_a_slot_is_called_stays_because_browsers_keep_it() {
        let slots = [Slot::Record, Slot::Tombstone, Slot::Login, Slot::Tabs];
        assert_eq!(slots.map(Slot::name), ["", ":logout", ":login", ":tabs"]);
    }

    #[test]
    fn every_note_is_read_as_it_was_written() {
        for refresh_key in [None, Some("2.abc".into())] {
            for reason in [None, Some(Reason::Never), Some(Reason::Reuse)] {
                let record = Record {
                    position: Position {
                        epoch: epoch(true),
                        generation: 12,
                        ended: reason.is_some(),
                    },
                    reason,
                    refresh_key: refresh_key.clone(),
                };
                assert_eq!(Record::parse(&record.to_text()), Some(record));
            }
        }
        for owed in [None, Some(Scope::Local), Some(Scope::Global)] {
            let epoch = epoch(false);
            let tombstone = Tombstone { epoch, owed };
            assert_eq!(Tombstone::parse(&tombstone.to_text()), Some(tombstone));
        }
        assert_eq!(parse_login(&login_text(epoch(true))), Some(epoch(true)));
        let mut tabs = Tabs::default();
        tabs.add(3);
        let text = tabs.to_text(Some(9)).unwrap();
        assert_eq!(Tabs::parse(&text).iter().collect::<Vec<_>>(), [9, 3]);
        assert_eq!(Tabs::default().to_text(None), None);
    }

    #[test]
    fn what_cannot_be_understood_is_as_good_as_nothing() {
        for text in ["", "2", "1:key", "3 1 1 1 1 0 - -", "{\"v\":1}"] {
            assert_eq!(Record::parse(text), None, "{text}");
            assert_eq!(Tombstone::parse(text), None, "{text}");
        }
        let long = ["2 1 1 1 1 0 - ", &"k".repeat(257)].concat();
        for text in [
            "2 1 1 1 1 0 - line\nbreak",
            "2 1 1 1 1 0 - é",
            long.as_str(),
        ] {
            assert_eq!(Record::parse(text), None, "{text}");
        }
        assert_eq!(Tabs::parse("2 0 x 5"), Tabs::default());
    }

    #[test]
    fn no_more_tabs_are_noted_than_there_is_room_for() {
        let mut tabs = Tabs::default();
        for tab in 0..1_000 {
            tabs.add(tab);
        }
        assert_eq!(tabs.iter().count(), MOST_TABS);
    }
}
