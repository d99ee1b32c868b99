//! How a session begins, goes on and ends: each time this tab's state, the notes and the other tabs learn of it,
//! in this order.

use crate::effect::{Effect, Event, Exchange, OpId, Scope};
use crate::failure::{Code, Detail, Failure, Reason};
use crate::grant::{Grant, Particulars, TokenId};
use crate::planted::Fault;
use crate::read::Granted;
use crate::tabs::{Epoch, Position, Slot, Tombstone, login_text};
use crate::time::Instant;

use super::peers::NEWS;
use super::state::State;
use super::steps::{is_login_or_refresh, wider};
use super::{OwedLogout, Session};

impl Session {
    /// The epoch that a login or logout opens now: after the highest that was seen.
    fn next_epoch(&self, now: Instant, is_login: bool) -> Epoch {
        if self.plants(Fault::EpochsTie) {
            return self.position.epoch.next(is_login, Instant::default(), 0);
        }
        // Who signs out twice has not ended more: a login that has heard of neither is younger than both.
        if !is_login && self.position.ended && !self.position.epoch.is_login() {
            return self.position.epoch.again(now, self.tab);
        }
        self.position.epoch.next(is_login, now, self.tab)
    }

    /// Where a session that a login or a restored cookie begins stands.
    pub(super) fn opening(&self, now: Instant, generation: u32) -> Position {
        Position {
            epoch: self.next_epoch(now, true),
            generation,
            ended: false,
        }
    }

    /// A new session begins: its token, sent for at `asked`, came with `op`.
    pub(super) fn sign_in(&mut self, now: Instant, asked: Instant, op: OpId, granted: Granted) {
        self.owed_logout = None;
        self.finding_out = false;
        let position = self.opening(now, 0);
        // A tombstone stays: what is older than this login says nothing any longer, and what is younger and has not been
        // read here yet must not be lost.
        self.settle_login();
        self.commit(now, asked, op, granted, position, None);
        self.report(Event::SignedIn);
    }

    /// Nobody knows yet how the login that was sent from `epoch` ends.
    pub(super) fn mark_login(&mut self, epoch: Epoch) {
        let mark = login_text(epoch);
        self.effects.push(Effect::Keep(Slot::Login, Some(mark)));
    }

    /// It is known how the last login ended, or it no longer matters. One that is still on the wire leaves its mark
    /// until it is answered.
    pub(super) fn settle_login(&mut self) {
        let sent = self.wire.sent();
        if sent.is_none_or(|sent| sent.exchange != Exchange::Login) {
            self.effects.push(Effect::Keep(Slot::Login, None));
        }
    }

    /// The answer to `op`, sent for at `asked`, is the session now; `before` is the grant it renews.
    pub(super) fn commit(
        &mut self,
        now: Instant,
        asked: Instant,
        op: OpId,
        granted: Granted,
        position: Position,
        before: Option<&Grant>,
    ) {
        // Where this tab has heard of a later generation, that one's key is the newer.
        if position >= self.position {
            self.position = position;
            self.key = granted.refresh_key;
            self.keep_record();
        }
        let particulars = Particulars {
            asked,
            lifetime: granted.lifetime,
            subject: granted.subject,
            issued_at: granted.issued_at,
            position,
        };
        self.install(now, Some(op), particulars, before, true);
        self.post_status(now, NEWS, None);
    }

    /// The token that came with `from` is the session's now.
    pub(super) fn install(
        &mut self,
        now: Instant,
        from: Option<OpId>,
        particulars: Particulars,
        before: Option<&Grant>,
        is_own: bool,
    ) {
        let token = self.next_token;
        self.next_token = TokenId(token.0.saturating_add(1));
        let mut buffer = self.config.refresh_buffer;
        if let Some(lifetime) = particulars.lifetime
            && !self.plants(Fault::BufferNotCapped)
        {
            // So that a short token cannot spin.
            buffer = buffer.min(lifetime / 2);
        }
        let mut grant = Grant::new(token, particulars, now, buffer, &mut self.rng);
        if is_own {
            grant.deserves_a_try(now);
        }
        if !self.config.renews {
            grant.leave_to_backend();
        }
        if let Some(before) = before {
            grant.follow(before);
        }
        self.effects.push(Effect::Adopt {
            from,
            token,
            keep_user: before.is_some(),
            expires: grant.expires,
        });
        self.state = State::SignedIn {
            grant,
            trouble: None,
        };
    }

    /// The user, or a contract's 403, ends the session: here at once, and for the other tabs; the server is told
    /// when it can be.
    pub(super) fn log_out(&mut self, now: Instant, scope: Scope, reason: Reason) -> OpId {
        self.end_logins_and_refreshes(now);
        // One that the server has not heard of is told with this one.
        drop(self.wire.take_queued(&|queued| queued.repeated));
        let owed = self.owed_logout.take();
        if owed.is_some_and(|owed| owed.stray) {
            self.settle_login();
        }
        let owed = owed.map(|owed| owed.scope);
        let scope = owed.map_or(scope, |owed| wider(owed, scope));
        self.end_everywhere(now, scope, reason);
        self.enqueue(now, Exchange::Logout(scope), false)
    }

    /// Opens the epoch of a logout.
    fn end_everywhere(&mut self, now: Instant, scope: Scope, reason: Reason) {
        self.position = Position::logged_out(self.next_epoch(now, false));
        self.finding_out = false;
        self.sign_out(reason);
        self.keep_record();
        self.entomb(Some(scope));
        self.post_status(now, NEWS, None);
    }

    /// Leaves word of a logout, and of what the server still has to be told of it.
    pub(super) fn entomb(&mut self, owed: Option<Scope>) {
        let epoch = self.position.epoch;
        if self.plants(Fault::TombstoneInRecord) {
            return;
        }
        let text = Tombstone { epoch, owed }.to_text();
        self.effects.push(Effect::Keep(Slot::Tombstone, Some(text)));
    }

    /// Nobody is signed in here any longer.
    pub(super) fn sign_out(&mut self, reason: Reason) {
        let before = std::mem::replace(&mut self.state, State::SignedOut { reason });
        self.effects.push(Effect::Forget);
        self.key = None;
        match before {
            State::SignedIn { .. } | State::Restoring { .. } => {
                self.report(Event::SignedOut(reason));
            }
            State::SignedOut { .. } | State::Disposed => {}
        }
    }

    /// A late Set-Cookie of an earlier user's won over this one's. Nobody asked to be that user again.
    pub(super) fn taken_over(&mut self, now: Instant) -> Failure {
        self.unsettled = false;
        self.end_everywhere(now, Scope::Local, Reason::Replaced);
        self.owe_logout(now, Scope::Local);
        Failure::new(Code::LoginRequired).detail(Detail::Replaced)
    }

    /// The server is to be told of a logout as soon as the wire is free.
    pub(super) fn owe_logout(&mut self, now: Instant, scope: Scope) {
        let owed = self.owed_logout.map(|owed| owed.scope);
        let scope = owed.map_or(scope, |owed| wider(owed, scope));
        self.owed_logout = Some(OwedLogout {
            scope,
            failures: 0,
            retry_at: now,
            stray: self.owed_logout.is_some_and(|owed| owed.stray),
            own: self.owed_logout.is_some_and(|owed| owed.own),
        });
        self.entomb(Some(scope));
    }

    /// A login that came too late for a logout is to end at the server, too, whatever another tab has told it.
    pub(super) fn log_out_late_login(&mut self, now: Instant) {
        self.owe_logout(now, Scope::Local);
        if let Some(owed) = &mut self.owed_logout {
            owed.own = true;
        }
    }

    /// Nothing that was asked for before now counts any longer: those who wait ask again, logins are lost.
    pub(super) fn end_logins_and_refreshes(&mut self, now: Instant) {
        self.drop_queued(now, &|queued| is_login_or_refresh(queued.exchange));
        let sent = self
            .wire
            .sent()
            .copied()
            .filter(|sent| sent.turn == self.turn);
        if let Some(sent) = sent.filter(|sent| is_login_or_refresh(sent.exchange)) {
            self.overtake(now, sent.op, sent.exchange, sent.repeated);
        }
        self.turn += 1;
    }
}
