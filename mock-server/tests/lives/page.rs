//! The page about refresh, read once more: a family is the list of its rotations, and every question goes
//! through that list. Nothing here is quick or clever.

use evertoken_mock::domain::{Reason, ReuseRevokes, Seconds};

use crate::life::{Brought, Rules};
use crate::{ABSOLUTE_TTL, REFRESH_TTL, View};

/// How often "at most" is, for somebody with a proof and for somebody in time.
const WITH_PROOF: usize = 100;
const IN_TIME: usize = 5;

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 200 and the next token.
    Successor,
    /// 200 and the current token once more.
    SameAgain,
    /// 409.
    Superseded,
    /// 401 or 400.
    Refused(Reason),
}

/// What happened to a family that counts later.
#[derive(Debug)]
enum Event {
    /// The token before was spent, and this came along.
    Rotated(Seconds, Brought<u64>),
    /// The current token was handed out once more.
    Repeated,
    /// Whatever was issued counts as expired.
    Expired(Seconds),
    /// It ended.
    Ended(Reason),
    /// It ended, because another took its place.
    GaveWayTo(usize),
}

#[derive(Debug)]
pub struct Family {
    opened: Seconds,
    /// In the order it happened.
    events: Vec<Event>,
}

/// Everything of one user.
#[derive(Debug, Default)]
pub struct Page {
    pub families: Vec<Family>,
    /// How often a spent token was found out.
    pub reuse_found: u32,
}

impl Page {
    pub fn login(&mut self, now: Seconds, instead_of: Option<usize>) {
        let new = self.families.len();
        if let Some(old) = instead_of.filter(|old| self.families[*old].over(now).is_none()) {
            self.families[old].events.push(Event::GaveWayTo(new));
        }
        self.families.push(Family {
            opened: now,
            events: Vec::new(),
        });
    }

    /// The table.
    pub fn present(
        &mut self,
        (now, active, rules): (Seconds, bool, Rules),
        (which, c): (usize, u64),
        brought: Brought<u64>,
    ) -> Answer {
        let family = &mut self.families[which];
        // Row 2.
        if let Some(reason) = family.ended() {
            return Answer::Refused(reason);
        }
        // Row 3.
        if now >= family.good_until() {
            return family.refuse(Reason::Expired);
        }
        // Row 4.
        if !active {
            return family.refuse(Reason::Inactive);
        }
        let cur = family.current();
        let u = family.last_spent_without_key();
        let (valid, k) = match brought {
            Brought::KeyOf { back: position } => (true, position),
            Brought::Nothing | Brought::Text(_) => (false, 0),
        };
        let m = c.max(k);
        // Row 5.
        if c == cur {
            family.events.push(Event::Rotated(now, brought));
            return Answer::Successor;
        }
        // Row 6.
        if valid && m == cur && c < cur && family.repeats() < WITH_PROOF {
            family.events.push(Event::Repeated);
            return Answer::SameAgain;
        }
        // Row 7.
        if m + 1 == cur {
            let proven = (valid && m > u) || family.came_with_last_rotation(brought);
            let in_time = rules.grace > 0 && now - family.issued() < rules.grace;
            if proven && family.repeats() < WITH_PROOF || in_time && family.repeats() < IN_TIME {
                family.events.push(Event::Repeated);
                return Answer::SameAgain;
            }
        }
        // Row 8.
        if valid && m + 1 < cur && m > u {
            return Answer::Superseded;
        }
        // Row 9.
        if c > cur {
            return family.refuse(Reason::Revoked);
        }
        // Row 10.
        self.reuse_found += 1;
        match rules.reuse {
            ReuseRevokes::User => self.end_all_but(None, Reason::Reuse),
            ReuseRevokes::Family => self.families[which].end(Reason::Reuse),
        }
        Answer::Refused(Reason::Reuse)
    }

    pub fn logout_here(&mut self, now: Seconds, which: usize) {
        if self.families[which].over(now).is_none() {
            self.families[which].end(Reason::Logout);
        }
    }

    pub fn logout_elsewhere(&mut self, now: Seconds, which: usize, presented: u64) {
        if self.reaches_others(now, which, presented) {
            self.end_all_but(Some(which), Reason::Logout);
        }
    }

    pub fn logout_everywhere(&mut self, now: Seconds, which: usize, presented: u64) {
        if self.reaches_others(now, which, presented) {
            self.end_all_but(None, Reason::Logout);
        } else {
            self.logout_here(now, which);
        }
    }

    pub fn revoke(&mut self, now: Seconds, which: usize) {
        if self.families[which].over(now).is_none() {
            self.families[which].end(Reason::Revoked);
        }
    }

    pub fn expire(&mut self, now: Seconds) {
        for family in &mut self.families {
            family.events.push(Event::Expired(now));
        }
    }

    /// The position so far behind the current one.
    pub fn position(&self, which: usize, back: i64) -> u64 {
        self.families[which].current().saturating_add_signed(-back)
    }

    pub fn view(&self, now: Seconds, which: usize) -> View {
        let family = &self.families[which];
        (
            family.current(),
            family.issued(),
            family.good_until(),
            family.over(now),
        )
    }

    /// A family that lives, and a token no older than the predecessor.
    fn reaches_others(&self, now: Seconds, which: usize, presented: u64) -> bool {
        let family = &self.families[which];
        family.over(now).is_none() && presented + 1 >= family.current()
    }

    fn end_all_but(&mut self, spared: Option<usize>, reason: Reason) {
        for (which, family) in self.families.iter_mut().enumerate() {
            if spared != Some(which) {
                family.end(reason);
            }
        }
    }
}

impl Family {
    pub fn replaced_by(&self) -> Option<usize> {
        self.events.iter().find_map(|event| match event {
            Event::GaveWayTo(new) => Some(*new),
            Event::Rotated(..) | Event::Repeated | Event::Expired(_) | Event::Ended(_) => None,
        })
    }

    fn rotations(&self) -> impl DoubleEndedIterator<Item = (Seconds, Brought<u64>)> {
        self.events.iter().filter_map(|event| match event {
            Event::Rotated(at, brought) => Some((*at, *brought)),
            Event::Repeated | Event::Expired(_) | Event::Ended(_) | Event::GaveWayTo(_) => None,
        })
    }

    fn current(&self) -> u64 {
        1 + self.rotations().count() as u64
    }

    /// `u`: zero, if there was always a key.
    fn last_spent_without_key(&self) -> u64 {
        let bare = |(_, brought)| matches!(brought, Brought::Nothing | Brought::Text(_));
        let spent: Vec<_> = self.rotations().collect();
        spent
            .into_iter()
            .rposition(bare)
            .map_or(0, |at| at as u64 + 1)
    }

    fn came_with_last_rotation(&self, brought: Brought<u64>) -> bool {
        let last = self.rotations().next_back();
        matches!((last, brought), (Some((_, Brought::Text(last))), Brought::Text(now)) if last == now)
    }

    /// Since the last rotation.
    fn repeats(&self) -> usize {
        self.events
            .iter()
            .rev()
            .take_while(|event| !matches!(event, Event::Rotated(..)))
            .filter(|event| matches!(event, Event::Repeated))
            .count()
    }

    fn issued(&self) -> Seconds {
        self.rotations()
            .next_back()
            .map_or(self.opened, |(at, _)| at)
    }

    fn good_until(&self) -> Seconds {
        let idle = self.issued() + REFRESH_TTL;
        let absolute = self.opened + ABSOLUTE_TTL;
        let ordered = self.events.iter().filter_map(|event| match event {
            Event::Expired(at) => Some(*at),
            Event::Rotated(..) | Event::Repeated | Event::Ended(_) | Event::GaveWayTo(_) => None,
        });
        ordered.chain([idle, absolute]).min().unwrap()
    }

    fn ended(&self) -> Option<Reason> {
        self.events.iter().find_map(|event| match event {
            Event::Ended(reason) => Some(*reason),
            Event::GaveWayTo(_) => Some(Reason::Replaced),
            Event::Rotated(..) | Event::Repeated | Event::Expired(_) => None,
        })
    }

    fn over(&self, now: Seconds) -> Option<Reason> {
        self.ended()
            .or_else(|| (now >= self.good_until()).then_some(Reason::Expired))
    }

    fn end(&mut self, reason: Reason) {
        self.events.push(Event::Ended(reason));
    }

    fn refuse(&mut self, reason: Reason) -> Answer {
        self.end(reason);
        Answer::Refused(reason)
    }
}
