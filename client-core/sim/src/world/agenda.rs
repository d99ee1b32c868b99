//! What is going to happen, by time; of two things at once, what was entered first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::rc::Rc;

use crate::browser::{Claim, Text};
use crate::server::Token;
use crate::tab::Errand;

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// This step of the script.
    Step(usize),
    /// This request comes to the server.
    Serve(usize),
    /// A copy of it does, whose answer goes nowhere.
    Copy(usize),
    /// Its answer's headers come to the browser.
    Land(usize),
    /// It is over, for script.
    See(usize),
    /// The lock is this tab's.
    Grant(Claim),
    /// A write comes to the browser.
    Commit(Rc<Write>),
    /// The browser tells a tab of a write.
    Sync(Rc<Write>),
    /// A tab's timer rings, if it is still the one.
    Ring(usize, u64),
    /// A call comes to its resource.
    Resource(usize, u32, Token),
    /// Something comes to a tab.
    Errand(usize, Errand),
    /// The script is over.
    Rest(u8),
}

/// A write to the storage.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) from: usize,
    /// Whom the browser tells.
    pub(super) to: usize,
    pub(super) slot: usize,
    pub(super) text: Text,
}

/// Whether sleep holds an event up.
#[derive(Clone, Copy, Debug)]
pub(super) enum Side {
    /// No: it happens elsewhere.
    World,
    /// Until the machine wakes.
    Browser,
    /// And for as long as it slept.
    Timer,
}

impl Event {
    fn is_moving(&self) -> bool {
        !matches!(self, Self::Step(_) | Self::Ring(..) | Self::Rest(_))
    }

    pub(super) fn side(&self) -> Side {
        match self {
            Self::Serve(_) | Self::Copy(_) | Self::Resource(..) => Side::World,
            Self::Ring(..) => Side::Timer,
            Self::Step(_)
            | Self::Land(_)
            | Self::See(_)
            | Self::Grant(_)
            | Self::Commit(_)
            | Self::Sync(_)
            | Self::Errand(..)
            | Self::Rest(_) => Side::Browser,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Agenda {
    entries: BinaryHeap<Entry>,
    last: u64,
    /// How many of them are on their way: all but what people, timers and the end of the world are going to do.
    moving: usize,
}

#[derive(Debug)]
struct Entry {
    at: u64,
    number: u64,
    event: Event,
}

impl Agenda {
    pub(super) fn enter(&mut self, at: u64, event: Event) {
        self.last += 1;
        self.moving += usize::from(event.is_moving());
        self.entries.push(Entry {
            at,
            number: self.last,
            event,
        });
    }

    pub(super) fn next(&mut self) -> Option<(u64, Event)> {
        let entry = self.entries.pop()?;
        self.moving -= usize::from(entry.event.is_moving());
        Some((entry.at, entry.event))
    }

    /// Whether nothing is on its way to anybody.
    pub(super) fn is_still(&self) -> bool {
        self.moving == 0
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether a token is on its way to this tab.
    pub(super) fn tells_of_token(&self, tab: usize) -> bool {
        self.entries.iter().any(|entry| match &entry.event {
            Event::Errand(to, Errand::Heard(post)) => *to == tab && post.beside.is_some(),
            _ => false,
        })
    }

    /// Whether a note of this slot is on its way.
    pub(super) fn has_note(&self, slot: usize) -> bool {
        self.entries.iter().any(|entry| match &entry.event {
            Event::Commit(write) | Event::Sync(write) => write.slot == slot,
            _ => false,
        })
    }

    /// Whether a note of this tab's has not come to the browser, but for where it says that it is there.
    pub(super) fn has_unsaved(&self, tab: usize, presence: usize) -> bool {
        self.entries.iter().any(|entry| match &entry.event {
            Event::Commit(write) => write.from == tab && write.slot != presence,
            _ => false,
        })
    }

    /// Whether anything that a tab has said is on its way.
    pub(super) fn has_news(&self) -> bool {
        let is_news = |entry: &Entry| matches!(entry.event, Event::Errand(_, Errand::Heard(_)));
        self.entries.iter().any(is_news)
    }

    /// Moves everything to another time; of two things at once, what was earlier stays so.
    pub(super) fn shift(&mut self, to: impl Fn(u64, &Event) -> u64) {
        let entries = std::mem::take(&mut self.entries);
        self.moving = 0;
        let mut entries = entries.into_sorted_vec();
        entries.reverse();
        for entry in entries {
            self.enter(to(entry.at, &entry.event), entry.event);
        }
    }
}

impl Ord for Entry {
    /// The heap has its greatest in front, which is what happens next.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(agenda: &mut Agenda) -> Vec<(u64, usize)> {
        let mut order = vec![];
        while let Some((at, event)) = agenda.next() {
            match event {
                Event::Step(n) | Event::Serve(n) => order.push((at, n)),
                other => panic!("{other:?}"),
            }
        }
        order
    }

    #[test]
    fn what_is_earlier_happens_first_and_at_one_time_what_was_entered_first() {
        let mut agenda = Agenda::default();
        for (at, n) in [(5, 1), (3, 2), (5, 3), (4, 4)] {
            agenda.enter(at, Event::Step(n));
        }
        assert_eq!(order(&mut agenda), [(3, 2), (4, 4), (5, 1), (5, 3)]);
    }

    #[test]
    fn what_is_moved_to_one_time_keeps_its_order() {
        let mut agenda = Agenda::default();
        for (at, n) in [(5, 1), (3, 2), (20, 3)] {
            agenda.enter(at, Event::Step(n));
        }
        agenda.enter(4, Event::Serve(9));
        agenda.shift(|at, event| match event.side() {
            Side::World => at,
            Side::Browser | Side::Timer => at.max(10),
        });
        assert_eq!(order(&mut agenda), [(4, 9), (10, 2), (10, 1), (20, 3)]);
    }
}
