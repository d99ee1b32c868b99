//! The shell around a machine: tells it what happens, drains what it wants, and does that.

use std::rc::Rc;

use evertoken_core::{
    Code, Effect, Event as Report, Failure, Input, Message, OpId, Outcome, Reason, Slot, TokenId,
    View,
};

use crate::browser::slot_number;
use crate::marks::Mark;
use crate::server::Token;
use crate::tab::{Errand, Post, Wish};
use crate::trace::say;

use super::agenda::{Event, Write};
use super::{Law, World};

/// A machine that wants more than this at once goes round in circles.
const MOST_EFFECTS: usize = 500;

impl World {
    pub(super) fn input(&mut self, tab: usize, input: Input) {
        let now = self.tab_now(tab);
        self.tabs[tab].session.handle(now, input);
        self.pump(tab);
    }

    /// Does all that the machine wants; then those who were woken go on, which may make it want more.
    pub(super) fn pump(&mut self, tab: usize) {
        let mut effects = 0;
        loop {
            while let Some(effect) = self.tabs[tab].session.poll_effect() {
                self.perform(tab, effect);
                effects += 1;
                if effects > MOST_EFFECTS || self.broken.is_some() {
                    if self.broken.is_none() {
                        self.breaks(Law::Endless, "effects without end");
                    }
                    return;
                }
            }
            let woken = std::mem::take(&mut self.tabs[tab].woken);
            if woken.is_empty() {
                break;
            }
            for (op, failure) in woken {
                self.wake_calls(tab, op, failure);
            }
        }
        self.tabs[tab].arrived = None;
        self.watch(tab);
        self.set_timer(tab, false);
    }

    fn perform(&mut self, tab: usize, effect: Effect) {
        match effect {
            Effect::Send { op, exchange, key } => {
                self.marks.add(Mark::EffectSend);
                self.send(tab, op, exchange, key);
            }
            Effect::Lock(op) => self.ask_lock(tab, op),
            Effect::Unlock(op) => self.unlock(tab, op),
            Effect::Keep(slot, text) => self.keep(tab, slot, text),
            Effect::Post(message) => self.post(tab, &message),
            Effect::Abort(op) => self.abort(tab, op),
            Effect::Adopt {
                from,
                token,
                keep_user,
                ..
            } => self.adopt(tab, from, token, keep_user),
            Effect::Forget => {
                self.marks.add(Mark::EffectForget);
                self.tabs[tab].present = None;
                // What is looked for now is another session.
                self.tabs[tab].patience = None;
            }
            Effect::Wake { op, failure } => {
                self.marks.add(match failure {
                    None => Mark::EffectWake,
                    Some(_) => Mark::EffectWakeFailure,
                });
                self.tabs[tab].woken.push((op, failure));
            }
            Effect::Done { op, result } => self.done(tab, op, result.map_err(|f| f.code)),
            Effect::Changed => {}
            Effect::Report(report) => self.report(tab, report),
        }
    }

    fn ask_lock(&mut self, tab: usize, op: OpId) {
        self.marks.add(Mark::EffectLock);
        let asked = self.tab_now(tab);
        if self.tabs[tab].wish.is_some() {
            return self.breaks(Law::Shell, "a second lock is asked for");
        }
        self.tabs[tab].wish = Some(Wish {
            op,
            asked,
            held: false,
        });
        if !self.setting.locks {
            let errand = Errand::Locked(op);
            return self.agenda.enter(self.now, Event::Errand(tab, errand));
        }
        let is_free = self.locks.ask((tab, op));
        say!(
            self,
            self.tabs[tab].name,
            "asks for the lock, which is {}",
            if is_free { "free" } else { "held" }
        );
        if is_free {
            if self.agenda.tells_of_token(tab) {
                self.marks.add(Mark::FreeLock);
            }
            self.give_lock((tab, op));
        }
    }

    fn unlock(&mut self, tab: usize, op: OpId) {
        self.marks.add(Mark::EffectUnlock);
        self.tabs[tab].wish.take_if(|wish| wish.op == op);
        if let Some(next) = self.locks.leave((tab, op)) {
            self.give_lock(next);
        }
    }

    fn keep(&mut self, tab: usize, slot: Slot, text: Option<String>) {
        self.marks.add(match text {
            Some(_) => Mark::EffectKeep,
            None => Mark::EffectKeepNothing,
        });
        self.check_note(slot, text.as_deref());
        if let (Slot::Login, None) = (slot, &text) {
            self.note_settled();
        }
        if !self.setting.storage {
            return;
        }
        say!(self, self.tabs[tab].name, "keeps {slot:?}: {text:?}");
        let slot = slot_number(slot);
        let text = text.map(Rc::from);
        self.tabs[tab].view.write(slot, text.clone());
        self.storage.coming += 1;
        let most = self.lags.storage;
        let lag = self.lag(tab, most);
        let at = (self.now + lag).max(self.tabs[tab].writes.0);
        self.tabs[tab].writes.0 = at;
        let write = Write {
            from: tab,
            to: tab,
            slot,
            text,
        };
        self.agenda.enter(at, Event::Commit(write.into()));
    }

    fn post(&mut self, tab: usize, message: &Message) {
        let beside: Option<Token> = match message {
            Message::Ask { .. } => {
                self.marks.add(Mark::EffectAsk);
                None
            }
            Message::Bye { .. } => {
                self.marks.add(Mark::EffectBye);
                None
            }
            Message::Status(status) => {
                self.marks.add(Mark::EffectStatus);
                let shared = status.token.as_ref();
                if shared.is_some() {
                    self.marks.add(Mark::EffectStatusToken);
                }
                let is_given = shared.is_some() && self.setting.shares;
                self.tabs[tab]
                    .present
                    .filter(|_| is_given)
                    .map(|(_, token)| token)
            }
        };
        if !self.setting.channel || !self.tabs[tab].hears() {
            return;
        }
        say!(self, self.tabs[tab].name, "says {message:?}");
        let post = Rc::new(Post {
            from: tab,
            text: message.to_text(),
            beside,
            said: self.machine.date(self.now),
        });
        for to in 0..self.tabs.len() {
            if to == tab || !self.tabs[to].hears() {
                continue;
            }
            let most = self.lags.channel;
            let lag = self.lag(to, most);
            let at = self.arrival(to, tab, self.now + lag);
            let errand = Errand::Heard(Rc::clone(&post));
            self.agenda.enter(at, Event::Errand(to, errand));
        }
    }

    /// No message overtakes another of the same sender.
    fn arrival(&mut self, to: usize, from: usize, at: u64) -> u64 {
        let arrivals = &mut self.tabs[to].arrivals;
        match arrivals.iter_mut().find(|(other, _)| *other == from) {
            Some((_, last)) => {
                *last = at.max(*last);
                *last
            }
            None => {
                arrivals.push((from, at));
                at
            }
        }
    }

    fn abort(&mut self, tab: usize, op: OpId) {
        self.marks.add(Mark::EffectAbort);
        self.ghost.aborts += 1;
        let Some(wire) = self.tabs[tab].wire.take_if(|wire| wire.op == op) else {
            return self.breaks(Law::Shell, "an exchange is aborted that is not under way");
        };
        say!(self, self.tabs[tab].name, "gives {op:?} up");
        self.requests[wire.request].is_aborted = true;
        let timeout = Outcome::Failed(Failure::new(Code::Timeout));
        self.note_fate(tab, wire.request, &timeout);
    }

    fn adopt(&mut self, tab: usize, from: Option<OpId>, id: TokenId, keep_user: bool) {
        let of = &self.tabs[tab];
        let brought = match from {
            Some(op) => of.arrived.filter(|(by, _)| *by == op).map(|(_, t)| t),
            None => of.heard,
        };
        self.marks.add(match from {
            Some(_) => Mark::EffectAdopt,
            None => Mark::EffectAdoptPeer,
        });
        let Some(token) = brought else {
            return self.breaks(Law::Shell, "a token is adopted that is not there");
        };
        say!(
            self,
            self.tabs[tab].name,
            "has {token:?} now, as {id:?}, from {from:?}"
        );
        self.check_adoption(tab, id, token, keep_user);
        let of = &mut self.tabs[tab];
        of.present = Some((id, token));
        of.family = Some(token.family);
        of.renewed = from.is_some();
        of.repeats_blindly = false;
        if from.is_none() {
            of.adopted = self.now;
        }
        of.is_in_trouble = false;
        of.patience = None;
        if !of.known.contains(&token.family) {
            of.known.push(token.family);
        }
    }

    fn done(&mut self, tab: usize, op: OpId, result: Result<(), Code>) {
        self.marks.add(match result {
            Ok(()) => Mark::EffectDone,
            Err(_) => Mark::EffectDoneFailure,
        });
        say!(self, self.tabs[tab].name, "{op:?} is done: {result:?}");
        let awake = self.tabs[tab].awake(self.now, self.machine.slept);
        let callers = &mut self.tabs[tab].callers;
        let Some(place) = callers.iter().position(|(of, _)| *of == op) else {
            return self.breaks(Law::Shell, "something is done that nobody asked for");
        };
        let (_, since) = callers.swap_remove(place);
        self.check_wait(awake.saturating_sub(since), "a login or logout");
        let logins = &mut self.tabs[tab].logins;
        match logins.iter().position(|(of, _)| *of == op) {
            Some(place) => {
                let (_, login) = logins.swap_remove(place);
                self.login_done(tab, login, result);
            }
            None if result.is_ok() => self.logout_done(tab, op),
            None => {}
        }
    }

    fn report(&mut self, tab: usize, report: Report) {
        self.marks.add(Mark::EffectReport);
        match report {
            Report::LockWaited(_) => self.marks.add(Mark::EffectLockWaited),
            // Where the cookie turned out to be another user's, the tab signs that user out, for all.
            Report::SignedOut(Reason::Replaced) => self.ghost.taken_over = true,
            _ => {}
        }
        say!(self, self.tabs[tab].name, "reports {report:?}");
    }

    /// What everybody sees may have changed.
    fn watch(&mut self, tab: usize) {
        let now = self.tab_now(tab);
        let view = self.tabs[tab].session.view(now);
        let before = std::mem::replace(&mut self.tabs[tab].seen, view);
        if before == view {
            return;
        }
        self.marks.add(match view {
            View::Restoring { trouble: None } => Mark::ViewRestoring,
            View::Restoring { trouble: Some(_) } => Mark::ViewRestoringTrouble,
            View::SignedOut(_) => Mark::ViewSignedOut,
            View::SigningIn => Mark::ViewSigningIn,
            View::SignedIn { stale: false, .. } => Mark::ViewSignedIn,
            View::SignedIn { stale: true, .. } => Mark::ViewStale,
            View::SigningOut => Mark::ViewSigningOut,
        });
        say!(self, self.tabs[tab].name, "shows {view:?}");
        self.check_view(tab, before, view);
    }
}
