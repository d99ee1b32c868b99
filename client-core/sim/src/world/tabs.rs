//! What comes to a tab: answers, messages, notes, timers. A tab that is asleep finds it when it wakes.

use evertoken_core::Duration;

use evertoken_core::{Input, Message, Timer};

use crate::browser::Claim;
use crate::marks::Mark;
use crate::tab::{Draw, Errand, Life, Post};
use crate::trace::say;

use super::agenda::{Event, Write};
use super::{Law, World};

impl World {
    pub(super) fn deliver(&mut self, tab: usize, errand: Errand) {
        match self.tabs[tab].life {
            Life::Gone => {}
            Life::Kept if matches!(errand, Errand::Heard(_) | Errand::Stored) => {}
            Life::Frozen | Life::Kept => self.tabs[tab].inbox.push_back(errand),
            Life::Awake => self.run_errand(tab, errand),
        }
    }

    fn run_errand(&mut self, tab: usize, errand: Errand) {
        match errand {
            Errand::Answer(number) => self.take_answer(tab, number),
            Errand::Locked(op) => self.locked(tab, op),
            Errand::Heard(post) => self.hear(tab, &post),
            Errand::Stored => {
                let stored = self.tabs[tab].view.read();
                say!(
                    self,
                    self.tabs[tab].name,
                    "sees that {}",
                    super::acts::shown(&stored)
                );
                self.marks.add(Mark::InputStored);
                self.input(tab, Input::Stored(stored));
            }
            Errand::Online(is_online) => {
                self.marks.add(Mark::InputOnline);
                self.input(tab, Input::Online(is_online));
            }
            Errand::Resource(call, status) => self.resource_answered(tab, call, status),
        }
    }

    fn take_answer(&mut self, tab: usize, number: usize) {
        let op = self.requests[number].op;
        let is_current = self.tabs[tab].wire.is_some_and(|wire| wire.op == op);
        let stored = self.tabs[tab].view.read();
        self.input(tab, Input::Stored(stored));
        let is_current = is_current && self.tabs[tab].wire.is_some_and(|wire| wire.op == op);
        let outcome = self.outcome(number);
        say!(
            self,
            self.tabs[tab].name,
            "{} {op:?}: {outcome:?}",
            if is_current { "sees" } else { "sees too late" }
        );
        if is_current {
            self.marks.add(Mark::InputAnswer);
            self.tabs[tab].wire = None;
            self.note_fate(tab, number, &outcome);
            let is_old = self.is_old_refusal(tab, number, &outcome);
            self.input(tab, Input::Answer { op, outcome });
            return self.check_refusal(tab, is_old);
        }
        self.marks.add(Mark::InputAnswerLate);
        let before = (self.tabs[tab].seen, self.tabs[tab].present);
        self.input(tab, Input::Answer { op, outcome });
        if before != (self.tabs[tab].seen, self.tabs[tab].present) {
            self.breaks(Law::LateAnswer, "a late answer changed the session");
        }
    }

    fn locked(&mut self, tab: usize, op: evertoken_core::OpId) {
        self.marks.add(Mark::InputLocked);
        if let Some(wish) = self.tabs[tab].wish.as_mut().filter(|wish| wish.op == op) {
            wish.held = true;
        }
        let stored = self.tabs[tab].view.read();
        self.input(tab, Input::Locked { lock: op, stored });
    }

    fn hear(&mut self, tab: usize, post: &Post) {
        let Some(message) = Message::parse(&post.text) else {
            return self.breaks(Law::Shell, "a message cannot be read");
        };
        self.marks.add(Mark::InputHeard);
        say!(
            self,
            self.tabs[tab].name,
            "hears {}: {message:?}",
            self.tabs[post.from].name
        );
        let ago = (self.machine.date(self.now) - post.said).max(0.0);
        self.tabs[tab].heard = post.beside;
        let heard = Input::Heard {
            message,
            ago: Duration::from_millis(ago as u64),
            token: post.beside.is_some(),
        };
        self.input(tab, heard);
        self.tabs[tab].heard = None;
    }

    /// The lock is somebody else's now, who will hear of it.
    pub(super) fn give_lock(&mut self, next: Claim) {
        let most = self.lags.lock;
        let lag = self.lag(next.0, most);
        if self.tabs[next.0].life != Life::Awake {
            self.marks.add(Mark::FrozenHolder);
        }
        self.agenda.enter(self.now + lag, Event::Grant(next));
    }

    pub(super) fn grant_lock(&mut self, claim: Claim) {
        if self.locks.holder() == Some(claim) {
            self.deliver(claim.0, Errand::Locked(claim.1));
        }
    }

    pub(super) fn commit_write(&mut self, write: &Write) {
        self.storage.commit(write.slot, write.text.clone());
        for to in 0..self.tabs.len() {
            if self.tabs[to].life == Life::Gone {
                continue;
            }
            let most = self.lags.storage;
            let lag = self.lag(to, most);
            let at = (self.now + lag).max(self.tabs[to].writes.1);
            self.tabs[to].writes.1 = at;
            let write = Write {
                from: write.from,
                to,
                slot: write.slot,
                text: write.text.clone(),
            };
            self.agenda.enter(at, Event::Sync(write.into()));
        }
    }

    pub(super) fn sync_write(&mut self, write: &Write) {
        let is_own = write.from == write.to;
        let to = write.to;
        let changes = self.tabs[to].view.sync(write.slot, &write.text, is_own);
        if changes && self.tabs[to].life != Life::Gone {
            let lag = self.lag(to, 3);
            self.agenda
                .enter(self.now + lag, Event::Errand(to, Errand::Stored));
        }
    }

    pub(super) fn ring(&mut self, tab: usize, number: u64) {
        let of = &self.tabs[tab];
        if of.timer.0 != number || of.life != Life::Awake {
            return;
        }
        self.tabs[tab].timer.1 = None;
        let now = self.tab_now(tab);
        let due = self.tabs[tab].session.poll_timeout();
        if let Some((_, timer)) = due.filter(|(at, _)| *at <= now) {
            self.marks.add(match timer {
                Timer::Exchange => Mark::TimerExchange,
                Timer::Refresh => Mark::TimerRefresh,
                Timer::Stale => Mark::TimerStale,
                Timer::Logout => Mark::TimerLogout,
                Timer::Lock => Mark::TimerLock,
                Timer::Ask => Mark::TimerAsk,
            });
            say!(self, self.tabs[tab].name, "timer: {timer:?}");
        }
        self.marks.add(Mark::InputTick);
        self.input(tab, Input::Tick);
        let next = self.tabs[tab].session.poll_timeout();
        let is_stuck = next.is_some() && next == due && due.is_some_and(|(at, _)| at <= now);
        let spins = if is_stuck {
            self.tabs[tab].spins + 1
        } else {
            0
        };
        self.tabs[tab].spins = spins;
        if spins > 2 {
            self.breaks(Law::Spin, &format!("{next:?} is due again and again"));
        }
    }

    /// Sets the one timer for what the machine wants to be woken for.
    pub(super) fn set_timer(&mut self, tab: usize, is_anew: bool) {
        let now = self.tab_now(tab);
        let deadline = self.tabs[tab].session.poll_timeout().map(|(at, _)| at);
        if deadline == self.tabs[tab].timer.1 && !is_anew {
            return;
        }
        self.tabs[tab].timer.0 += 1;
        self.tabs[tab].timer.1 = deadline;
        let Some(deadline) = deadline else { return };
        let late = match self.setting.steady {
            true => 1,
            false => {
                let mut chance = self.draw(tab, Draw::Other);
                chance.weighted(&[(8, 1), (4, 5), (1, 40), (1, 400)])
            }
        };
        let wait = deadline.since(now).as_millis();
        let number = self.tabs[tab].timer.0;
        self.agenda
            .enter(self.now + wait + late, Event::Ring(tab, number));
    }
}
