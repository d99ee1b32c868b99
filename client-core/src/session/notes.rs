//! What is left in the storage for tabs that come later, and what is found there.

use crate::config::Restore;
use crate::effect::{Effect, Exchange, Scope};
use crate::failure::Reason;
use crate::planted::Fault;
use crate::tabs::{Position, Record, Slot, Stored, Tombstone};
use crate::time::{Duration, Instant};

use super::peers::NEWS;
use super::state::State;
use super::wire::Sent;
use super::{OwedLogout, Session};

/// How long the tab whose logout the server has not heard of is left alone with that: a few of its own tries.
const PATIENCE_WITH_DEBTORS: Duration = Duration::from_secs(60);

impl Session {
    /// Takes up what was left by the last who was there; says whether there may be a session to look for.
    pub(super) fn remember(&mut self, now: Instant, stored: &Stored) -> bool {
        if let Some(record) = &stored.record {
            self.position = record.position;
            self.key = record.refresh_key.clone();
        }
        if let Some(tombstone) = stored.tombstone
            && !self.plants(Fault::TombstoneIgnored)
            && Position::logged_out(tombstone.epoch) >= self.position
        {
            self.position = Position::logged_out(tombstone.epoch);
            self.key = None;
        }
        // A login was sent from there, whatever was noted over it since.
        if let Some(mark) = stored.login.filter(|mark| *mark > self.position.epoch) {
            self.position = Position::opened_by(mark);
            self.key = None;
        }
        self.cookie_works = self.position.generation > 0;
        self.owed_logout = self.debt(stored, now);
        if self.owed_logout.is_some() {
            self.state = State::SignedOut {
                reason: Reason::Logout,
            };
            return false;
        }
        let marked = stored.login.is_some_and(|mark| mark >= self.position.epoch);
        self.finding_out = marked && self.config.restore != Restore::Never;
        self.found_mark = self.finding_out;
        let is_noted = stored.record.is_some() && !self.position.ended;
        let restores = match self.config.restore {
            Restore::Always => true,
            Restore::Hint => is_noted || marked,
            Restore::Never => false,
        };
        if restores {
            self.state = State::Restoring { trouble: None };
        }
        restores
    }

    /// What is stored says where the session stands.
    pub(super) fn see(&mut self, now: Instant, stored: &Stored) {
        self.meet(stored);
        // Whoever left the mark knows by now, and took it away.
        if self.found_mark && stored.record.is_some() && stored.login.is_none() {
            self.found_mark = false;
            self.finding_out = false;
        }
        if let Some(tombstone) = stored.tombstone
            && !self.plants(Fault::TombstoneIgnored)
        {
            let position = Position::logged_out(tombstone.epoch);
            let is_same = |record: &&Record| record.position == position;
            let noted = stored.record.as_ref().filter(is_same);
            let reason = noted.and_then(|record| record.reason);
            self.follow(now, position, reason.or(Some(Reason::Logout)), None);
        }
        if let Some(record) = &stored.record {
            let key = record.refresh_key.clone();
            self.follow(now, record.position, record.reason, key);
            // Whoever wrote this over what was there had not read that.
            if record.position < self.position && self.last_read == self.position {
                self.post_status(now, NEWS, None);
            }
            self.last_read = record.position;
        }
        self.leave_mark(stored);
        self.share_debt(now, stored);
    }

    /// Whoever settled the login before the one that is on its way from here may have taken this one's mark away, where
    /// writes of two tabs changed places.
    fn leave_mark(&mut self, stored: &Stored) {
        let sent = self.wire.sent();
        if let Some(sent) = sent.filter(|sent| sent.exchange == Exchange::Login)
            && stored.login.is_none()
        {
            let epoch = sent.from.epoch;
            self.mark_login(epoch);
        }
    }

    /// Where nobody is signed in, the key that is noted is that of a question whose answer nobody has seen: whoever asks
    /// next asks the same.
    pub(super) fn take_up_question(&mut self, stored: &Stored) {
        if let Some(record) = &stored.record
            && record.position == self.position
            && matches!(self.state, State::SignedOut { .. })
        {
            self.key = record.refresh_key.clone();
        }
    }

    /// Whoever owes a logout may be gone, so after a while any tab tells the server; and none restores before that
    /// what it was to end. What another has told need not be told again.
    fn share_debt(&mut self, now: Instant, stored: &Stored) {
        if self.is_signing_out() {
            return;
        }
        let debt = self.debt(stored, now.after(PATIENCE_WITH_DEBTORS));
        let is_present =
            |tombstone: Tombstone| Position::logged_out(tombstone.epoch) == self.position;
        let is_told = debt.is_none() && stored.tombstone.is_some_and(is_present);
        match self.owed_logout {
            None => self.owed_logout = debt,
            Some(owed) if is_told && !owed.own => {
                self.owed_logout = None;
                drop(self.wire.take_queued(&|queued| queued.repeated));
            }
            Some(_) => {}
        }
    }

    /// What the server still has to be told, at `retry_at`. Only a login settles it otherwise.
    fn debt(&self, stored: &Stored, retry_at: Instant) -> Option<OwedLogout> {
        let tombstone = stored.tombstone?;
        if self.plants(Fault::TombstoneIgnored) {
            return None;
        }
        if self.position.epoch.is_login() || self.plants(Fault::OwedLogoutWaits) {
            return None;
        }
        let signs_in = |sent: &Sent| sent.exchange == Exchange::Login;
        let is_own = self.wire.sent().is_some_and(signs_in);
        let is_stray = |mark| mark < tombstone.epoch && !self.plants(Fault::StrayLoginIsForgotten);
        let stray = stored.login.is_some_and(is_stray) && !is_own;
        Some(OwedLogout {
            // Others are not ended by a tombstone.
            scope: tombstone
                .owed
                .filter(|scope| *scope != Scope::Others)
                .or(stray.then_some(Scope::Local))?,
            failures: 0,
            retry_at,
            stray,
            own: false,
        })
    }

    pub(super) fn keep_record(&mut self) {
        let reason = match self.state {
            State::SignedOut { reason } => Some(reason),
            State::Restoring { .. } | State::SignedIn { .. } | State::Disposed => None,
        };
        let record = Record {
            position: self.position,
            reason,
            refresh_key: self.key.clone(),
        };
        let text = record.to_text();
        self.effects.push(Effect::Keep(Slot::Record, Some(text)));
    }
}
