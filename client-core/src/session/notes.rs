//! What is left in the storage for tabs that come later, and what is found there.

use core::time::Duration;

use crate::config::Restore;
use crate::effect::{Effect, Scope};
use crate::failure::Reason;
use crate::planted::Fault;
use crate::tabs::{Position, Record, Slot, Stored};
use crate::time::Instant;

use super::state::State;
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
            if let Some(scope) = tombstone.owed
                && !self.plants(Fault::OwedLogoutWaits)
            {
                self.state = State::SignedOut {
                    reason: Reason::Logout,
                };
                self.owed_logout = Some(OwedLogout {
                    scope,
                    failures: 0,
                    retry_at: now,
                });
                return false;
            }
        }
        let marked = stored.login.is_some_and(|mark| mark >= self.position.epoch);
        self.finding_out = marked && self.config.restore != Restore::Never;
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
        for tab in stored.tabs.iter().filter(|tab| *tab != self.tab) {
            self.peers.add(tab);
        }
        if let Some(tombstone) = stored.tombstone
            && !self.plants(Fault::TombstoneIgnored)
        {
            let position = Position::logged_out(tombstone.epoch);
            self.follow(now, position, Some(Reason::Logout), None);
            if position == self.position {
                self.share_debt(now, tombstone.owed);
            }
        }
        if let Some(record) = &stored.record {
            let key = record.refresh_key.clone();
            self.follow(now, record.position, record.reason, key);
        }
    }

    /// The present logout is `owed` to the server, or no longer. Whoever owes it may be gone, so after a while any
    /// tab tells the server; and before that none restores what it was to end.
    fn share_debt(&mut self, now: Instant, owed: Option<Scope>) {
        match (owed, self.owed_logout) {
            (Some(scope), None) if !self.is_signing_out() => {
                self.owed_logout = Some(OwedLogout {
                    scope,
                    failures: 0,
                    retry_at: now.after(PATIENCE_WITH_DEBTORS),
                });
            }
            (None, Some(_)) => {
                self.owed_logout = None;
                drop(self.wire.take_queued(&|queued| queued.repeated));
            }
            (Some(_), _) | (None, None) => {}
        }
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
        let text = record.to_text().into_boxed_str();
        self.effects
            .push_back(Effect::Keep(Slot::Record, Some(text)));
    }
}
