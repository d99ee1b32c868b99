//! What other tabs say, and what it does to the session here.
//!
//! A message and a note both tell where the session stands, and the greatest position counts. A message may bring
//! the token that belongs there; a note never does. So a tab that reads of another login knows that its own token
//! is not the session's any longer, and looks for the one that is.

use crate::effect::{Effect, Event, Exchange, Scope};
use crate::failure::Reason;
use crate::grant::{Grant, Particulars};
use crate::planted::Fault;
use crate::tabs::{Message, Position, Shared, Status, Tab};
use crate::time::{Duration, Instant};

use super::Session;
use super::state::{State, Trouble};
use super::wire::{Queued, Stage};

/// What a status answers that nobody asked for.
pub(super) const NEWS: (Tab, u32) = (0, 0);

impl Session {
    /// Another tab said something.
    pub(super) fn heard(&mut self, now: Instant, message: Message, ago: Duration, token: bool) {
        match message {
            Message::Ask {
                from,
                question,
                has,
            } => {
                self.peers.add(from);
                self.post_status(now, (from, question), has);
            }
            Message::Status(status) => {
                let from = status.from;
                let answers = status.answers == (self.tab, self.last_question);
                self.peers.add(from);
                self.learn(now, status, ago, token);
                if answers {
                    self.answered_by(now, from);
                }
            }
            Message::Bye { from } => {
                self.peers.remove(from);
                self.answered_by(now, from);
            }
        }
    }

    /// A tab that was asked has said what it knows. When all have, there is no need to wait longer.
    fn answered_by(&mut self, now: Instant, from: Tab) {
        if let Stage::Asking { missing, .. } = &mut self.wire.stage {
            missing.remove(from);
            if missing.is_empty() {
                self.dispatch(now);
            }
        }
    }

    /// Tells the other tabs where the session stands, with the token if it is here and newer than what they have.
    pub(super) fn post_status(&mut self, now: Instant, answers: (Tab, u32), has: Option<Position>) {
        if !self.config.channel {
            return;
        }
        let (reason, token) = match &self.state {
            State::SignedIn { grant, .. } => (None, self.shareable(now, grant, has)),
            State::SignedOut { reason } => (Some(*reason), None),
            State::Restoring { .. } | State::Disposed => (None, None),
        };
        self.effects.push(Effect::Post(Message::Status(Status {
            from: self.tab,
            answers,
            position: self.position,
            reason,
            key: self.key.clone(),
            token,
        })));
    }

    fn shareable(&self, now: Instant, grant: &Grant, has: Option<Position>) -> Option<Shared> {
        let is_newer = has.is_none_or(|has| has < grant.position);
        let is_present = grant.position == self.position && grant.is_good(now);
        (is_newer && is_present).then(|| Shared {
            age: now.since(grant.asked),
            lifetime: grant.lifetime,
            subject: grant.subject.clone(),
        })
    }

    fn learn(&mut self, now: Instant, status: Status, ago: Duration, token: bool) {
        let Status {
            position,
            reason,
            key,
            token: shared,
            ..
        } = status;
        match shared.filter(|_| token && self.may_adopt(position)) {
            Some(shared) => self.adopt(now, position, key, shared, ago),
            None => self.follow(now, position, reason, key),
        }
    }

    /// Whether another tab's token is newer than what this one has.
    fn may_adopt(&self, position: Position) -> bool {
        if position.ended {
            return false;
        }
        if self.plants(Fault::OlderGrantCounts) {
            return true;
        }
        if position < self.position {
            return false;
        }
        match &self.state {
            State::SignedIn { grant, .. } => position > grant.position,
            State::Restoring { .. } => !self.finding_out || position.epoch > self.position.epoch,
            State::SignedOut { .. } => true,
            State::Disposed => false,
        }
    }

    /// Another tab's token is the session's now.
    fn adopt(
        &mut self,
        now: Instant,
        position: Position,
        key: Option<String>,
        shared: Shared,
        ago: Duration,
    ) {
        let opens = position.epoch != self.position.epoch;
        let before = self.state.grant().cloned();
        let had_session = before.is_some();
        let before = before.filter(|grant| match (&grant.subject, &shared.subject) {
            (Some(mine), Some(theirs)) => mine == theirs,
            // Nobody can tell, so another login is another user.
            (Some(_) | None, None) | (None, Some(_)) => !opens,
        });
        let before = before.or_else(|| {
            let ignored = self.plants(Fault::SubjectNotCompared);
            self.state.grant().filter(|_| ignored).cloned()
        });
        self.position = position;
        self.key = key;
        // A cookie that comes late may win over another tab's login, too.
        self.unsettled &= opens;
        self.finding_out = false;
        let was_restoring = matches!(self.state, State::Restoring { .. });
        let particulars = Particulars {
            asked: now.before(shared.age + ago),
            lifetime: shared.lifetime,
            subject: shared.subject,
            // Not said: what a request of this tab's own brings is newer.
            issued_at: None,
            position,
        };
        self.install(now, None, particulars, before.as_ref(), false);
        // Whoever is woken finds the token.
        if opens {
            self.overtaken_by(now, position);
        }
        self.report(Event::Adopted);
        match before {
            Some(_) => {}
            None if was_restoring && !had_session => self.report(Event::Restored),
            None => self.report(Event::SignedIn),
        }
        self.settle_refreshes(now);
    }

    /// What a refresh was to bring is here.
    fn settle_refreshes(&mut self, now: Instant) {
        if !self.state.grant().is_some_and(|grant| grant.is_fresh(now)) {
            return;
        }
        let is_refresh = |queued: &Queued| matches!(queued.exchange, Exchange::Refresh(_));
        self.drop_queued(now, &is_refresh);
        if let Some(op) = self.wire.refresh(self.turn) {
            self.wake(op, None);
        }
    }

    /// Another tab has come to `position`, and its token is not here.
    pub(super) fn follow(
        &mut self,
        now: Instant,
        position: Position,
        reason: Option<Reason>,
        key: Option<String>,
    ) {
        if position == self.position && key.is_some() && self.wants_key() {
            self.key = key;
            return;
        }
        let counts = position.ended && self.plants(Fault::OlderEndCounts);
        if position <= self.position && !counts {
            return;
        }
        // An end before the login that is being found out says nothing of it; a newer key is the newer key.
        if self.finding_out && position.ended && position.epoch <= self.position.epoch {
            return;
        }
        let same_epoch = position.epoch == self.position.epoch;
        let was_login = position.epoch.is_login();
        // A login that had not heard of a logout, and was granted after it: that one cannot have ended it at the server.
        let is_left = position.ended
            && !was_login
            && matches!(self.state, State::SignedIn { .. })
            && self.position.epoch.is_login()
            && self.position.epoch.opened() > position.epoch.opened();
        if position.ended || !same_epoch {
            self.overtaken_by(now, position);
        }
        self.position = position;
        if position.ended {
            self.finding_out = false;
            self.sign_out(match reason {
                // Whoever was not there before shows that it never was signed in, and that is not why this ended.
                None | Some(Reason::Never) if !was_login => Reason::Logout,
                Some(Reason::Never) => Reason::Expired,
                None => Reason::Denied,
                Some(reason) => reason,
            });
            if is_left {
                self.log_out_late_login(now);
            }
            return;
        }
        self.key = key;
        if !same_epoch {
            self.finding_out = false;
            self.look_for_session();
        }
    }

    /// Whether the key of this position that another tab knows is to be the next that is sent from here. Where nobody
    /// is signed in a key is that of a question whose answer somebody still waits for, so only what is said just before
    /// this tab asks the same counts.
    fn wants_key(&self) -> bool {
        match self.state {
            State::SignedOut { .. } => matches!(self.wire.stage, Stage::Asking { .. }),
            State::Restoring { .. } | State::SignedIn { .. } => self.key.is_none(),
            State::Disposed => false,
        }
    }

    /// There is a session, and its token is not here.
    fn look_for_session(&mut self) {
        match &mut self.state {
            State::SignedIn { .. } | State::SignedOut { .. } => {
                self.state = State::Restoring { trouble: None };
                self.effects.push(Effect::Forget);
            }
            // Why an earlier one was not found says nothing of this one, but for how long the backend is to be left alone.
            State::Restoring { trouble } => match trouble {
                Some(Trouble {
                    retry_at,
                    not_before: Some(until),
                    ..
                }) => *retry_at = Some(*until),
                Some(_) | None => *trouble = None,
            },
            State::Disposed => {}
        }
    }

    /// Another tab's login, logout or end came after everything this tab knows of.
    fn overtaken_by(&mut self, now: Instant, position: Position) {
        let is_login = position.epoch.is_login();
        let opened = position.epoch.opened();
        let is_logout = position.ended && !is_login;
        self.drop_queued(now, &|queued| match queued.exchange {
            // What is queued finds out what the session is now.
            Exchange::Refresh(_) => position.ended,
            // A logout ends the logins that were called before it.
            Exchange::Login => is_logout && queued.since < opened,
            Exchange::Logout(_) => false,
        });
        if is_login && !position.ended {
            self.drop_logouts();
        }
        let before = self.turn;
        let sent = self.wire.sent().copied().filter(|sent| sent.turn == before);
        self.turn += 1;
        let Some(sent) = sent else { return };
        let ends = match sent.exchange {
            Exchange::Refresh(_) => true,
            Exchange::Login => is_logout && sent.since < opened,
            Exchange::Logout(_) => false,
        };
        if ends {
            self.overtake(now, sent.op, sent.exchange, sent.repeated);
        } else if let Some(sent) = self.wire.sent_mut() {
            sent.turn = self.turn;
        }
    }

    /// A younger login took the place of the session that a logout was to end: it is not sent.
    fn drop_logouts(&mut self) {
        if self.plants(Fault::OvertakenLogoutIsSent) {
            return;
        }
        self.owed_logout = None;
        let is_logout = |queued: &Queued| match queued.exchange {
            Exchange::Logout(Scope::Local | Scope::Global) => true,
            Exchange::Logout(Scope::Others) | Exchange::Login | Exchange::Refresh(_) => false,
        };
        for queued in self.wire.take_queued(&is_logout) {
            if !queued.repeated {
                self.done(queued.op, queued.exchange, Ok(()));
            }
        }
    }
}
