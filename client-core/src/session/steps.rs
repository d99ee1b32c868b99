//! The steps that what users ask and what the world tells have in common.

use crate::effect::{Access, Effect, Event, Exchange, OpId, Scope, Why};
use crate::failure::{Code, Detail, Failure};
use crate::planted::Fault;
use crate::time::Instant;

use super::Session;
use super::state::State;
use super::wire::Queued;

impl Session {
    /// Joins the refresh that is on its way, or begins one unless the backend asked to be left alone.
    pub(super) fn renew(&mut self, now: Instant, why: Why) -> Access {
        match self.asked_to_wait(now) {
            Some(failure) if self.wire.refresh(self.turn).is_none() => Access::Refused(failure),
            Some(_) | None => Access::Wait(self.refresh_by(now, why)),
        }
    }

    /// How the backend asked to be left alone, if it still does.
    pub(super) fn asked_to_wait(&self, now: Instant) -> Option<Failure> {
        let trouble = self.state.trouble()?;
        let until = trouble.not_before.filter(|until| now < *until)?;
        (!self.plants(Fault::RetryAfterIgnored)).then(|| Failure {
            retry_after: Some(until.since(now)),
            ..trouble.failure
        })
    }

    pub(super) fn refresh_by(&mut self, now: Instant, why: Why) -> OpId {
        let joined = self.wire.refresh(self.turn);
        let op = match joined.filter(|_| !self.plants(Fault::EveryDemandRefreshes)) {
            Some(op) => {
                self.wire.look_becomes(why);
                op
            }
            None => self.enqueue(now, Exchange::Refresh(why), false),
        };
        self.settle(now);
        op
    }

    pub(super) fn enqueue_owed_logout(&mut self, now: Instant) {
        if let Some(owed) = self.owed_logout {
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
                since: now,
                repeated,
                again: false,
            },
        );
        op
    }

    /// Ends every call: sends what may go, and tells listeners what has changed.
    pub(super) fn settle(&mut self, now: Instant) {
        if matches!(self.state, State::Restoring { trouble: None }) && self.wire.is_idle() {
            self.enqueue(now, Exchange::Refresh(Why::Restore), false);
        }
        // What a login that came too late left in the cookie jar goes while the lock is still held.
        if self.wire.is_idle() && self.owed_logout.is_some_and(|owed| owed.retry_at <= now) {
            self.enqueue_owed_logout(now);
        }
        self.advance(now);
        let view = self.view(now);
        if view != self.announced {
            self.announced = view;
            self.effects.push(Effect::Changed);
        }
        // Whoever hears of an event sees the session it led to.
        // (`extend` would weigh 0.1 KB of brotli more.)
        for event in std::mem::take(&mut self.reports) {
            self.effects.push(Effect::Report(event));
        }
    }

    pub(super) fn drop_queued(&mut self, now: Instant, dropped: &dyn Fn(&Queued) -> bool) {
        for queued in self.wire.take_queued(dropped) {
            self.overtake(now, queued.op, queued.exchange, queued.repeated);
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

    /// The key of this generation, so that a repetition is known for what it is: the newest that was handed
    /// out, else a random one where the backend takes that. It is kept before it is sent.
    pub(super) fn key_to_send(&mut self) -> Option<String> {
        if self.config.random_keys {
            if self.key.is_none() {
                self.key = Some(self.rng.text());
            }
            self.keep_record();
        }
        self.key.clone()
    }

    /// The operation that an answer is for.
    pub(super) fn believed(&self, op: OpId) -> OpId {
        let sent = self
            .wire
            .sent()
            .filter(|_| self.plants(Fault::AnyAnswerCounts));
        sent.map_or(op, |sent| sent.op)
    }

    pub(super) fn check_not_disposed(&self) -> Result<(), Failure> {
        match self.state {
            State::Disposed => Err(Failure::new(Code::Disposed)),
            State::SignedOut { .. } | State::Restoring { .. } | State::SignedIn { .. } => Ok(()),
        }
    }

    pub(super) fn next_op(&mut self) -> OpId {
        let op = self.next_op;
        self.next_op = OpId(op.0.saturating_add(1));
        op
    }

    pub(super) fn wake(&mut self, op: OpId, failure: Option<Failure>) {
        self.effects.push(Effect::Wake { op, failure });
    }

    /// Tells the caller of a login or logout how it ended. A refresh has no caller of its own.
    pub(super) fn done(&mut self, op: OpId, exchange: Exchange, result: Result<(), Failure>) {
        match exchange {
            Exchange::Login | Exchange::Logout(_) => {
                self.effects.push(Effect::Done { op, result });
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
