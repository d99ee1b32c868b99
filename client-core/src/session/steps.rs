//! The steps that what users ask and what the world tells have in common.

use crate::effect::{Access, Effect, Event, Exchange, OpId, Scope, View, Why};
use crate::failure::{Code, Detail, Failure, Reason};
use crate::grant::{Grant, TokenId};
use crate::read::Granted;
use crate::record::Record;
use crate::time::Instant;

use super::Session;
use super::state::State;
use super::wire::{Queued, Sent};

impl Session {
    pub(super) fn tick(&mut self, now: Instant) {
        if let Some(sent) = self.wire.overdue(now) {
            self.give_up(now, sent);
        }
        if !self.wire.is_idle() {
            return;
        }
        if self.owed_logout.is_some_and(|owed| owed.retry_at <= now) {
            self.enqueue_owed_logout(now);
        }
        if self.state.renew_at().is_some_and(|at| at <= now) {
            self.refresh_by(now, Why::Timer);
        }
    }

    /// Joins the refresh that is on its way, or begins one unless the backend asked to be left alone.
    pub(super) fn renew(&mut self, now: Instant, why: Why) -> Access {
        if self.wire.refresh(self.epoch).is_none()
            && let Some(trouble) = self.state.trouble()
            && let Some(until) = trouble.not_before.filter(|until| now < *until)
        {
            return Access::Refused(Failure {
                retry_after: Some(until.since(now)),
                ..trouble.failure
            });
        }
        Access::Wait(self.refresh_by(now, why))
    }

    pub(super) fn refresh_by(&mut self, now: Instant, why: Why) -> OpId {
        let op = match self.wire.refresh(self.epoch) {
            Some(op) => op,
            None => self.enqueue_refresh(now, why),
        };
        self.settle(now);
        op
    }

    /// A logout that the server has not heard of goes first: what it was to end must not be restored.
    pub(super) fn enqueue_refresh(&mut self, now: Instant, why: Why) -> OpId {
        self.enqueue_owed_logout(now);
        self.enqueue(now, Exchange::Refresh(why), false)
    }

    pub(super) fn enqueue_owed_logout(&mut self, now: Instant) {
        if let Some(owed) = self.owed_logout
            && !self.wire.is_repeating_logout(self.epoch)
        {
            self.enqueue(now, Exchange::Logout(owed.scope), true);
        }
    }

    pub(super) fn enqueue(&mut self, now: Instant, exchange: Exchange, repeated: bool) -> OpId {
        let op = self.next_op();
        self.wire.enqueue(
            now,
            Queued {
                op,
                exchange,
                repeated,
                again: false,
            },
        );
        op
    }

    /// Ends every call: sends what may go, and tells listeners what has changed.
    pub(super) fn settle(&mut self, now: Instant) {
        if matches!(self.state, State::Restoring { trouble: None }) && self.wire.is_idle() {
            self.enqueue_refresh(now, Why::Restore);
        }
        let bound = self.config.request_timeout;
        if let Some(Sent { op, exchange, .. }) = self.wire.send_next(now, self.epoch, bound) {
            let mut key = None;
            if let Exchange::Refresh(why) = exchange {
                key = self.key_to_send();
                let failures = self.state.trouble().map_or(0, |trouble| trouble.failures);
                self.report(Event::RefreshStarted {
                    why,
                    attempt: failures.saturating_add(1),
                });
            }
            if let Some(sent) = &mut self.wire.sent {
                sent.keyed = key.is_some();
            }
            self.effects.push_back(Effect::Send { op, exchange, key });
        }
        let view = self.view(now);
        if view != self.announced {
            self.announced = view;
            self.effects.push_back(Effect::Changed);
        }
        // Whoever hears of an event sees the session it led to.
        // (`extend` would weigh 1.2 KB of brotli more.)
        for event in std::mem::take(&mut self.reports) {
            self.effects.push_back(Effect::Report(event));
        }
    }

    /// Nothing that was asked for before now counts any longer: those who wait ask again, logins are lost.
    pub(super) fn end_logins_and_refreshes(&mut self, now: Instant) {
        self.drop_queued(now, is_login_or_refresh);
        let sent = self.wire.sent.filter(|sent| sent.epoch == self.epoch);
        if let Some(sent) = sent.filter(|sent| is_login_or_refresh(sent.exchange)) {
            self.overtake(now, sent.op, sent.exchange, sent.repeated);
        }
        self.epoch += 1;
    }

    pub(super) fn drop_queued(&mut self, now: Instant, dropped: impl Fn(Exchange) -> bool) {
        // Each moves to the end once, so those that stay keep their order.
        for _ in 0..self.wire.queue.len() {
            if let Some(queued) = self.wire.queue.pop_front() {
                if dropped(queued.exchange) {
                    self.overtake(now, queued.op, queued.exchange, queued.repeated);
                } else {
                    self.wire.queue.push_back(queued);
                }
            }
        }
    }

    /// Tells whoever waits for an exchange that something younger took its place.
    pub(super) fn overtake(&mut self, now: Instant, op: OpId, exchange: Exchange, repeated: bool) {
        match exchange {
            Exchange::Refresh(_) => self.wake(op, None),
            Exchange::Login => {
                let failure = Failure::new(Code::LoginRequired).detail(Detail::LoggedOutMeanwhile);
                self.wake(op, None);
                self.done(op, exchange, Err(failure));
            }
            // Its session is gone here already, and the younger login replaces it at the server; if that is
            // refused, the server is told after all.
            Exchange::Logout(scope) => {
                self.owe_logout(now, scope);
                if !repeated {
                    self.done(op, exchange, Ok(()));
                }
            }
        }
    }

    /// A new session begins: its token, sent for at `sent`, came with `op`.
    pub(super) fn sign_in(&mut self, now: Instant, sent: Instant, op: OpId, granted: Granted) {
        self.epoch += 1;
        self.owed_logout = None;
        self.commit(now, sent, op, granted, None, 0);
        self.report(Event::SignedIn);
    }

    /// The key of this generation, so that a repetition is known for what it is: the newest that was handed
    /// out, else a random one where the backend takes that. It is kept before it is sent.
    fn key_to_send(&mut self) -> Option<Box<str>> {
        if self.key.is_none() && self.config.random_keys {
            self.key = Some(self.rng.text());
            self.remember();
        }
        self.key.clone()
    }

    fn remember(&mut self) {
        let refresh_key = self.key.clone();
        self.effects
            .push_back(Effect::Remember(Some(Record { refresh_key })));
    }

    /// The answer to `op`, sent for at `sent`, is the session now; `before` is the grant it renews, and if it
    /// renews none `generation` is how many refreshes it took. Says when it expires.
    pub(super) fn commit(
        &mut self,
        now: Instant,
        sent: Instant,
        op: OpId,
        granted: Granted,
        before: Option<&Grant>,
        generation: u32,
    ) -> Option<Instant> {
        self.last_token += 1;
        let token = TokenId(self.last_token);
        let buffer = self.config.refresh_buffer;
        self.key.clone_from(&granted.refresh_key);
        self.remember();
        let mut grant = Grant::new(token, granted, sent, now, buffer, &mut self.rng);
        grant.generation = generation;
        let expires = grant.expires;
        if let Some(before) = before {
            grant.follow(before);
        }
        self.effects.push_back(Effect::Adopt {
            op,
            token,
            keep_user: before.is_some(),
            expires,
        });
        self.state = State::SignedIn {
            grant,
            trouble: None,
        };
        expires
    }

    /// Nobody is signed in here any longer.
    pub(super) fn sign_out(&mut self, reason: Reason) {
        let before = std::mem::replace(&mut self.state, State::SignedOut { reason });
        self.effects.push_back(Effect::Forget);
        self.key = None;
        self.effects.push_back(Effect::Remember(None));
        match before {
            State::SignedIn { .. } | State::Restoring { .. } => {
                self.report(Event::SignedOut(reason));
            }
            State::SignedOut { .. } | State::Disposed => {}
        }
    }

    pub(super) fn is_signing_out(&self) -> bool {
        [Scope::Local, Scope::Global]
            .into_iter()
            .any(|scope| self.wire.logout(scope, self.epoch).is_some())
    }

    /// When listeners are to be told that the token is stale, if they have not been.
    pub(super) fn stale_at(&self) -> Option<Instant> {
        match self.announced {
            View::SignedIn { stale: false, .. } => self.state.stale_at(),
            View::SignedIn { stale: true, .. }
            | View::Restoring { .. }
            | View::SignedOut(_)
            | View::SigningIn
            | View::SigningOut => None,
        }
    }

    pub(super) fn check_not_disposed(&self) -> Result<(), Failure> {
        match self.state {
            State::Disposed => Err(Failure::new(Code::Disposed)),
            State::SignedOut { .. } | State::Restoring { .. } | State::SignedIn { .. } => Ok(()),
        }
    }

    pub(super) fn next_op(&mut self) -> OpId {
        self.last_op += 1;
        OpId(self.last_op)
    }

    pub(super) fn wake(&mut self, op: OpId, failure: Option<Failure>) {
        self.effects.push_back(Effect::Wake { op, failure });
    }

    /// Tells the caller of a login or logout how it ended. A refresh has no caller of its own.
    pub(super) fn done(&mut self, op: OpId, exchange: Exchange, result: Result<(), Failure>) {
        match exchange {
            Exchange::Login | Exchange::Logout(_) => {
                self.effects.push_back(Effect::Done { op, result });
            }
            Exchange::Refresh(_) => {}
        }
    }

    /// Tells everyone who waits for an exchange why it will not be.
    pub(super) fn refuse(&mut self, op: OpId, exchange: Exchange, failure: Failure) {
        self.wake(op, Some(failure));
        self.done(op, exchange, Err(failure));
    }

    pub(super) fn report(&mut self, event: Event) {
        self.reports.push(event);
    }
}

pub(super) fn is_login_or_refresh(exchange: Exchange) -> bool {
    match exchange {
        Exchange::Login | Exchange::Refresh(_) => true,
        Exchange::Logout(_) => false,
    }
}

/// The scope that ends what both end.
pub(super) fn wider(one: Scope, other: Scope) -> Scope {
    match (one, other) {
        (Scope::Local, Scope::Local) => Scope::Local,
        (Scope::Others, Scope::Others) => Scope::Others,
        (Scope::Global, _) | (_, Scope::Global) => Scope::Global,
        (Scope::Local, Scope::Others) | (Scope::Others, Scope::Local) => Scope::Global,
    }
}
