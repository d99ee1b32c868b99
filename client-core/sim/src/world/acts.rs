//! What people do. What makes no sense where it is asked for (a call in a tab that is not there) is not done, so
//! that a script from which something was taken away is still one.

use evertoken_core::Duration;
use std::collections::VecDeque;

use evertoken_core::{Access, Config, Input, Restore, Session, Slot, Tombstone};

use crate::browser::{View as Copy, slot_number};
use crate::chance::Chance;
use crate::marks::Mark;
use crate::script::Act;
use crate::tab::{Call, Draw, Errand, Life, Stage, Tab};
use crate::trace::say;

use super::agenda::Event;
use super::{Law, World};

impl World {
    pub(super) fn act(&mut self, number: usize) {
        let step = self.steps[number].clone();
        match step.act {
            Act::Open => self.open(step.place, self.setting.restore),
            Act::Thaw => self.thaw(step.place),
            Act::Show => self.show(step.place),
            Act::Sleep(time) => {
                self.cut(50);
                self.sleep(time);
            }
            Act::SetClock(by) => self.set_clock(by),
            Act::Offline => self.go_online(false),
            Act::Online => self.go_online(true),
            Act::Distrust => {
                say!(self, "server", "accepts no access token issued so far");
                self.server.distrust();
            }
            Act::Weather(weather) => {
                say!(self, "network", "{weather:?}");
                self.weather = weather;
            }
            Act::Lags(lags) => {
                self.ghost.slow_news |= lags.is_slow();
                self.ghost.slow_notes |= lags.is_slow_to_note();
                self.lags = lags;
            }
            Act::Close
            | Act::Kill
            | Act::Reload
            | Act::Recreate
            | Act::Freeze
            | Act::Hide
            | Act::Login { .. }
            | Act::Logout(_)
            | Act::SetSession { .. }
            | Act::Forbid
            | Act::Fetch(_)
            | Act::Renew
            | Act::Fate(_) => {
                if let Some(tab) = self.places[step.place] {
                    self.act_in(tab, step.act);
                }
            }
        }
    }

    fn act_in(&mut self, tab: usize, act: Act) {
        let is_awake = self.tabs[tab].life == Life::Awake;
        match act {
            Act::Close => self.close(tab),
            Act::Kill => self.kill(tab, "is killed"),
            Act::Reload => {
                let place = self.tabs[tab].place;
                self.close(tab);
                self.open(place, self.setting.restore);
            }
            Act::Fate(fate) => self.tabs[tab].fates.push_back(fate),
            _ if !is_awake => {}
            Act::Freeze => {
                say!(self, self.tabs[tab].name, "freezes");
                self.tabs[tab].life = Life::Frozen;
                self.tabs[tab].idle.1 = Some(self.now);
            }
            Act::Hide => self.hide(tab),
            Act::Recreate => self.recreate(tab),
            Act::Login { user, right } => self.log_in(tab, user, right),
            Act::Logout(scope) => self.log_out(tab, scope),
            Act::SetSession { user } => self.set_session(tab, user),
            Act::Forbid => self.tabs[tab].is_forbidden = true,
            Act::Fetch(calls) => {
                for _ in 0..calls {
                    self.call(tab, false);
                }
                self.pump(tab);
            }
            Act::Renew => {
                say!(self, self.tabs[tab].name, "refresh()");
                let now = self.tab_now(tab);
                let access = self.tabs[tab].session.refresh(now);
                if let Access::Use(_) = access {
                    self.breaks(Law::Shell, "refresh() gave a token at once");
                }
                self.pump(tab);
            }
            _ => {}
        }
    }

    pub(super) fn open(&mut self, place: usize, restore: Restore) {
        self.open_with(place, restore, None);
    }

    /// Opens it with this copy of the storage, or with what the browser has.
    fn open_with(&mut self, place: usize, restore: Restore, copy: Option<Copy>) {
        if self.places[place].is_some() {
            return;
        }
        if self.storage.coming > 0 {
            self.ghost.opened_early = true;
        }
        self.opened[place] += 1;
        let nth = self.opened[place];
        let thing = ((place as u64) << 32) | nth;
        let setting = &self.setting;
        let config = Config {
            restore,
            random_keys: setting.random_keys,
            request_timeout: Duration::from_millis(setting.request_timeout),
            channel: setting.channel,
            ..Config::default()
        };
        let mut session = Session::new(config, Chance::of(self.seed, &[thing, 99]).draw());
        if let Some(fault) = setting.planted {
            session.plant(fault);
        }
        let mut clock = self.machine.clock(self.now);
        let now = clock.now(
            self.machine.performance(self.now),
            self.machine.date(self.now),
        );
        let letter = char::from(b'A' + (place as u8 % 26));
        let view = match copy {
            Some(copy) => copy,
            None if setting.storage => self.storage.view(),
            None => Copy::default(),
        };
        let tab = Tab {
            place,
            name: format!("{letter}{nth}"),
            thing,
            life: Life::Awake,
            seen: session.view(now),
            session,
            clock,
            view,
            present: None,
            heard: None,
            arrived: None,
            wire: None,
            wish: None,
            logins: Vec::new(),
            callers: Vec::new(),
            calls: Vec::new(),
            woken: Vec::new(),
            timer: (0, None),
            spins: 0,
            inbox: VecDeque::new(),
            idle: (self.now.saturating_sub(self.machine.slept), None),
            was_asleep: false,
            draws: [0; 4],
            fates: VecDeque::new(),
            arrivals: Vec::new(),
            writes: (0, 0),
            known: Vec::new(),
            dead: Vec::new(),
            dead_logins: Vec::new(),
            family: None,
            is_forbidden: false,
            repeats_blindly: false,
            renewed: false,
            adopted: 0,
            patience: None,
            is_in_trouble: false,
            last_end: None,
        };
        let number = self.tabs.len();
        self.tabs.push(tab);
        self.places[place] = Some(number);
        self.begin(number);
    }

    fn begin(&mut self, tab: usize) {
        let stored = self.tabs[tab].view.read();
        say!(self, self.tabs[tab].name, "opens; {}", shown(&stored));
        if matches!(stored.tombstone, Some(Tombstone { owed: Some(_), .. })) {
            self.marks.add(Mark::TombstoneAtStart);
        }
        if stored.login.is_some() {
            self.marks.add(Mark::MarkAtStart);
        }
        if stored.record.is_some() {
            self.marks.add(Mark::RecordAtStart);
        }
        let now = self.tab_now(tab);
        self.tabs[tab].session.start(now, stored);
        if self.machine.offline {
            self.tabs[tab].session.handle(now, Input::Online(false));
        }
        self.pump(tab);
    }

    fn close(&mut self, tab: usize) {
        if self.tabs[tab].life == Life::Awake {
            self.input(tab, Input::Hidden);
        }
        self.kill(tab, "is closed");
    }

    pub(super) fn kill(&mut self, tab: usize, how: &str) {
        say!(self, self.tabs[tab].name, "{how}");
        if self.tabs[tab].wish.is_some() {
            self.ghost.deaths += 1;
        }
        if self.tabs[tab].wire.is_some() {
            self.ghost.unseen += 1;
        }
        if self.agenda.has_unsaved(tab, slot_number(Slot::Tabs)) {
            // What it noted last may be lost with it.
            self.ghost.opened_early = true;
        }
        self.tabs[tab].life = Life::Gone;
        self.places[self.tabs[tab].place] = None;
        if let Some(next) = self.locks.gone(tab) {
            self.give_lock(next);
        }
    }

    /// Another client takes this one's place; nobody who waited for it may be left behind.
    fn recreate(&mut self, tab: usize) {
        let place = self.tabs[tab].place;
        self.tabs[tab].session.dispose();
        self.pump(tab);
        let of = &self.tabs[tab];
        let waits = |call: &Call| matches!(call.stage, Stage::Waiting { .. });
        // What is under way keeps the lock until it is answered; here the page goes, and the lock with it.
        let keeps_lock = of.wish.is_some() && of.wire.is_none();
        if !of.callers.is_empty() || of.calls.iter().any(waits) || keeps_lock {
            self.breaks(
                Law::WaitEnds,
                "a client that was disposed of leaves somebody waiting",
            );
        }
        self.marks.add(Mark::Recreated);
        self.kill(tab, "is disposed of");
        let copy = self.tabs[tab].view.inherited();
        self.open_with(place, self.setting.restore, Some(copy));
    }

    fn hide(&mut self, tab: usize) {
        say!(self, self.tabs[tab].name, "is left and kept aside");
        self.marks.add(Mark::InputHidden);
        self.input(tab, Input::Hidden);
        // Some browsers keep no page aside that waits for an answer or holds a lock.
        let is_busy = self.tabs[tab].wire.is_some() || self.tabs[tab].wish.is_some();
        if is_busy && self.draw(tab, Draw::Other).percent(50) {
            return self.kill(tab, "is not kept after all");
        }
        self.tabs[tab].life = Life::Kept;
        self.tabs[tab].idle.1 = Some(self.now);
    }

    fn show(&mut self, place: usize) {
        let Some(tab) = self.places[place].filter(|tab| self.tabs[*tab].life == Life::Kept) else {
            return;
        };
        say!(self, self.tabs[tab].name, "is shown again");
        self.marks.add(Mark::InputShown);
        if self.setting.storage && self.draw(tab, Draw::Other).percent(80) {
            // Its copy of the storage was thrown away with its process's.
            self.tabs[tab].view = self.storage.view();
        }
        let stored = self.tabs[tab].view.read();
        self.wake(tab);
        self.input(tab, Input::Shown(stored));
        self.catch_up(tab);
    }

    fn thaw(&mut self, place: usize) {
        let Some(tab) = self.places[place].filter(|tab| self.tabs[*tab].life == Life::Frozen)
        else {
            return;
        };
        say!(self, self.tabs[tab].name, "thaws");
        self.wake(tab);
        let now = self.tab_now(tab);
        let is_due = self.tabs[tab].timer.1.is_some_and(|at| at <= now);
        if is_due && !self.tabs[tab].inbox.is_empty() {
            self.marks.add(Mark::ThawedTimerFirst);
        }
        self.catch_up(tab);
    }

    /// Wakes whatever is asleep there.
    pub(super) fn act_all(&mut self, place: usize) {
        self.thaw(place);
        self.show(place);
    }

    fn wake(&mut self, tab: usize) {
        let tab = &mut self.tabs[tab];
        tab.life = Life::Awake;
        tab.was_asleep = true;
        if let Some(since) = tab.idle.1.take() {
            tab.idle.0 += self.now - since;
        }
    }

    /// The timer first, then what came meanwhile: no order is worse.
    fn catch_up(&mut self, tab: usize) {
        let now = self.tab_now(tab);
        if self.tabs[tab].timer.1.is_some_and(|at| at <= now) {
            let number = self.tabs[tab].timer.0;
            self.ring(tab, number);
        } else {
            self.set_timer(tab, true);
        }
        for errand in std::mem::take(&mut self.tabs[tab].inbox) {
            self.deliver(tab, errand);
        }
    }

    fn set_clock(&mut self, by: i64) {
        say!(self, "machine", "the clock is set by {by} ms");
        self.marks.add(if by < 0 {
            Mark::ClockBack
        } else {
            Mark::ClockForward
        });
        self.machine.wall_offset += by;
    }

    pub(super) fn go_online(&mut self, is_online: bool) {
        if self.machine.offline != is_online {
            return;
        }
        say!(
            self,
            "network",
            "{}",
            if is_online { "is back" } else { "is gone" }
        );
        self.machine.offline = !is_online;
        if !is_online {
            self.cut(100);
        }
        for tab in 0..self.tabs.len() {
            if self.tabs[tab].life != Life::Gone {
                let at = self.now + 1;
                self.agenda
                    .enter(at, Event::Errand(tab, Errand::Online(is_online)));
            }
        }
    }
}

/// What stands in the storage, for the trace.
pub(super) fn shown(stored: &evertoken_core::Stored) -> String {
    let record = stored.record.as_ref().map_or("nothing noted".into(), |r| {
        format!(
            "noted {:?} {:?} key {:?}",
            r.position.epoch, r.position.generation, r.refresh_key
        )
    });
    let tombstone = stored
        .tombstone
        .map_or(String::new(), |t| format!(", tombstone {t:?}"));
    let login = stored
        .login
        .map_or(String::new(), |at| format!(", unsettled login from {at:?}"));
    [record, tombstone, login].concat()
}

/// What the trace calls a user, and what tokens say.
pub(super) fn user_name(user: u8) -> &'static str {
    ["anna", "ben", "cleo"][usize::from(user) % 3]
}
