//! `localStorage` as it is between processes: each tab reads its own copy, writes travel to the browser and from
//! there to the other tabs, and a copy does not take in another tab's write to a slot for as long as one of its own is
//! on the way. So all copies become alike, in the browser's order, and until then they differ.

use std::rc::Rc;

use evertoken_core::{Slot, Stored};

/// How many slots there are.
pub const SLOTS: usize = 4;

/// What a slot holds.
pub type Text = Option<Rc<str>>;

/// The slot's number.
#[must_use]
pub const fn slot_number(slot: Slot) -> usize {
    match slot {
        Slot::Record => 0,
        Slot::Tombstone => 1,
        Slot::Login => 2,
        Slot::Tabs => 3,
    }
}

/// What the browser has.
#[derive(Clone, Debug, Default)]
pub struct Storage {
    slots: [Text; SLOTS],
    /// How many writes are on their way here.
    pub coming: usize,
}

/// One tab's copy.
#[derive(Clone, Debug, Default)]
pub struct View {
    slots: [Text; SLOTS],
    own: [u32; SLOTS],
}

impl Storage {
    /// The copy that a new tab begins with.
    #[must_use]
    pub fn view(&self) -> View {
        View {
            slots: self.slots.clone(),
            own: [0; SLOTS],
        }
    }

    /// A write arrives.
    pub fn commit(&mut self, slot: usize, text: Text) {
        self.coming -= 1;
        self.slots[slot] = text;
    }

    /// What the browser has, as the machine reads it.
    #[must_use]
    pub fn read(&self) -> Stored {
        read(&self.slots)
    }
}

impl View {
    /// The tab writes.
    pub fn write(&mut self, slot: usize, text: Text) {
        self.slots[slot] = text;
        self.own[slot] += 1;
    }

    /// The browser tells of a write, `own` if it is this tab's. Says whether the copy changed.
    pub fn sync(&mut self, slot: usize, text: &Text, own: bool) -> bool {
        if own {
            self.own[slot] = self.own[slot].saturating_sub(1);
            return false;
        }
        if self.own[slot] > 0 {
            return false;
        }
        let changes = self.slots[slot] != *text;
        self.slots[slot].clone_from(text);
        changes
    }

    /// The copy for another client in the same page.
    #[must_use]
    pub fn inherited(&self) -> Self {
        Self {
            slots: self.slots.clone(),
            own: [0; SLOTS],
        }
    }

    /// What the tab has, as the machine reads it.
    #[must_use]
    pub fn read(&self) -> Stored {
        read(&self.slots)
    }
}

fn read(slots: &[Text; SLOTS]) -> Stored {
    Stored::read(|slot| slots[slot_number(slot)].as_deref().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text {
        Some(text.into())
    }

    #[test]
    fn of_two_writes_to_one_slot_all_copies_end_with_the_one_that_came_last_to_the_browser() {
        let mut browser = Storage {
            coming: 2,
            ..Storage::default()
        };
        let (mut one, mut two) = (browser.view(), browser.view());
        one.write(0, text("one"));
        two.write(0, text("two"));
        browser.commit(0, text("two"));
        one.sync(0, &text("two"), false);
        two.sync(0, &text("two"), true);
        assert_eq!(one.slots[0], text("one"), "its own write is on the way");
        browser.commit(0, text("one"));
        one.sync(0, &text("one"), true);
        two.sync(0, &text("one"), false);
        assert_eq!((&one.slots, &two.slots), (&browser.slots, &browser.slots));
    }
}
