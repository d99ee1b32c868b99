//! The session machine: what users ask of it, what the world tells it, what it wants done.

mod answer;
mod state;
mod wire;

use std::collections::VecDeque;

use crate::config::Config;
use crate::effect::{Access, Effect, Event, Exchange, Input, OpId, Scope, Timer, View, Why};
use crate::failure::{Code, Detail, Failure, Reason};
use crate::grant::{Grant, TokenId};
use crate::read::Granted;
use crate::rng::Rng;
use crate::time::Instant;

use state::State;
use wire::{Queued, Sent, Wire};

/// One client's session. See the [crate's essay](crate) for how to drive it.
#[derive(Debug)]
pub struct Session {
    config: Config,
    state: State,
    wire: Wire,
    /// Counts logins and logouts: an answer commits only into the epoch it was sent from.
    epoch: u32,
    /// A logout that the server has not heard of.
    owed_logout: Option<OwedLogout>,
    /// An exchange of an earlier epoch was given up: a late Set-Cookie of its may have won, so the next
    /// refresh must name the subject that is signed in.
    unsettled: bool,
    effects: VecDeque<Effect>,
    /// What happened during this call.
    reports: Vec<Event>,
    /// What listeners have been told.
    announced: View,
    rng: Rng,
    last_op: u32,
    last_token: u32,
}

/// A logout to be repeated until the answer is definite.
#[derive(Clone, Copy, Debug)]
struct OwedLogout {
    scope: Scope,
    failures: u32,
    retry_at: Instant,
}

impl Session {
    /// A machine that has done nothing yet. `seed` spreads its deadlines; it need not be secret.
    pub fn new(config: Config, seed: u64) -> Self {
        let state = if config.restore {
            State::Restoring { trouble: None }
        } else {
            State::SignedOut {
                reason: Reason::Never,
            }
        };
        let mut session = Self {
            config,
            state,
            wire: Wire::default(),
            epoch: 0,
            owed_logout: None,
            unsettled: false,
            effects: VecDeque::new(),
            reports: Vec::new(),
            announced: View::SigningOut,
            rng: Rng::new(seed),
            last_op: 0,
            last_token: 0,
        };
        session.announced = session.view(Instant::default());
        session
    }

    /// Looks for a session from last time, if the configuration says so. The operation is what a
    /// caller waits for to know whether there is one.
    pub fn start(&mut self, now: Instant) -> Option<OpId> {
        match self.state {
            State::Restoring { .. } => Some(self.refresh_by(now, Why::Restore)),
            State::SignedOut { .. } | State::SignedIn { .. } | State::Disposed => None,
        }
    }

    /// May a request go, and with which token? `rejected` names a token the caller saw refused; it is
    /// never given back to that caller.
    ///
    /// With a good token this is the hot path: no effect, no allocation.
    pub fn authorize(&mut self, now: Instant, rejected: Option<TokenId>) -> Access {
        if let Some(login) = self.wire.login(self.epoch) {
            return Access::Wait(login);
        }
        match &self.state {
            State::SignedIn { grant, .. } => match rejected {
                Some(token) if token < grant.since => Access::Replaced,
                Some(token) if token >= grant.token => self.renew(now, Why::Rejected),
                Some(_) | None if grant.is_good(now) => Access::Use(grant.token),
                Some(_) | None => self.renew(now, Why::Demand),
            },
            State::Restoring { .. } => self.renew(now, Why::Restore),
            State::SignedOut { .. } => Access::Refused(Failure::new(Code::LoginRequired)),
            State::Disposed => Access::Refused(Failure::new(Code::Disposed)),
        }
    }

    /// Renews now, whatever the token's age; joins a refresh that is on its way. Signed out, it asks the
    /// backend whether there is a session after all: a popup or a passkey may have set the cookie.
    pub fn refresh(&mut self, now: Instant) -> Access {
        if let Some(login) = self.wire.login(self.epoch) {
            return Access::Wait(login);
        }
        match self.state {
            State::SignedIn { .. } | State::Restoring { .. } => self.renew(now, Why::Demand),
            State::SignedOut { .. } if self.is_signing_out() => {
                Access::Refused(Failure::new(Code::LoginRequired))
            }
            State::SignedOut { .. } => Access::Wait(self.refresh_by(now, Why::Demand)),
            State::Disposed => Access::Refused(Failure::new(Code::Disposed)),
        }
    }

    /// Signs in. The shell keeps the credentials under the operation and sends them when told to.
    /// Whatever was signed in before stays until the backend grants this.
    ///
    /// # Errors
    ///
    /// [`Code::Disposed`].
    pub fn login(&mut self, now: Instant) -> Result<OpId, Failure> {
        self.check_not_disposed()?;
        self.drop_queued(now, |exchange| match exchange {
            // What a refresh waited to renew is about to be replaced; what a logout waited to end, too.
            Exchange::Refresh(_) | Exchange::Logout(Scope::Local | Scope::Global) => true,
            Exchange::Login | Exchange::Logout(Scope::Others) => false,
        });
        if let Some(refresh) = self.wire.refresh(self.epoch) {
            self.wake(refresh, None);
        }
        let op = self.enqueue(now, Exchange::Login, false);
        self.settle(now);
        Ok(op)
    }

    /// Signs out: here at once, at the server when it can be told. With [`Scope::Others`] this session
    /// stays.
    ///
    /// # Errors
    ///
    /// [`Code::Disposed`].
    pub fn logout(&mut self, now: Instant, scope: Scope) -> Result<OpId, Failure> {
        self.check_not_disposed()?;
        let joined = self.wire.logout(scope, self.epoch);
        let op = match (joined, scope) {
            (Some(op), Scope::Others) => op,
            (None, Scope::Others) => self.enqueue(now, Exchange::Logout(scope), false),
            (Some(op), Scope::Local | Scope::Global) => {
                // Nothing else of this epoch can be on the wire; what came after it counts no longer.
                self.drop_queued(now, is_login_or_refresh);
                op
            }
            (None, Scope::Local | Scope::Global) => {
                self.end_logins_and_refreshes(now);
                self.sign_out(Reason::Logout);
                // One that the server has not heard of is told with this one.
                let owed = self.owed_logout.take().map(|owed| owed.scope);
                let scope = owed.map_or(scope, |owed| wider(owed, scope));
                self.enqueue(now, Exchange::Logout(scope), false)
            }
        };
        self.settle(now);
        Ok(op)
    }

    /// Takes over a session that was obtained elsewhere. It ends every login called before it.
    ///
    /// # Errors
    ///
    /// [`Code::Disposed`].
    pub fn set_session(&mut self, now: Instant, granted: Granted) -> Result<OpId, Failure> {
        self.check_not_disposed()?;
        self.end_logins_and_refreshes(now);
        self.drop_queued(now, |exchange| exchange == Exchange::Logout(Scope::Local));
        self.drop_queued(now, |exchange| exchange == Exchange::Logout(Scope::Global));
        let op = self.next_op();
        self.sign_in(now, now, op, granted);
        self.settle(now);
        Ok(op)
    }

    /// Ends the client for good. Everyone who waits is told; what is on the wire may arrive, and changes
    /// nothing. Idempotent.
    pub fn dispose(&mut self) {
        if matches!(self.state, State::Disposed) {
            return;
        }
        let failure = Failure::new(Code::Disposed);
        // What a listener's call has not let out yet stays here.
        self.effects
            .retain(|effect| !matches!(effect, Effect::Send { .. }));
        if let Some(sent) = self.wire.sent.take()
            // The caller of a login that a logout ended has been told.
            && (sent.epoch == self.epoch || sent.exchange != Exchange::Login)
        {
            self.refuse(sent.op, sent.exchange, failure);
        }
        while let Some(Queued { op, exchange, .. }) = self.wire.queue.pop_front() {
            self.refuse(op, exchange, failure);
        }
        self.owed_logout = None;
        self.state = State::Disposed;
        self.effects.push_back(Effect::Forget);
    }

    /// Takes in what the world has to tell.
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Answer { op, outcome } => {
                if let Some(sent) = self.wire.answered(op) {
                    self.finish(now, sent, outcome);
                }
            }
            Input::Tick => self.tick(now),
        }
        self.settle(now);
    }

    /// The next thing to do in the world. Drain it after every call that may change something.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// When [`Input::Tick`] is due, and for what. Derived from the state at every call.
    pub fn poll_timeout(&self) -> Option<(Instant, Timer)> {
        let exchange = self.wire.sent.map(|sent| (sent.deadline, Timer::Exchange));
        let stale = self.stale_at().map(|at| (at, Timer::Stale));
        // What begins an exchange waits until the wire is free.
        let idle = self.wire.sent.is_none();
        let refresh = self.state.renew_at().filter(|_| idle);
        let logout = self.owed_logout.filter(|_| idle);
        [
            exchange,
            stale,
            refresh.map(|at| (at, Timer::Refresh)),
            logout.map(|owed| (owed.retry_at, Timer::Logout)),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }

    /// What everybody sees.
    pub fn view(&self, now: Instant) -> View {
        if self.wire.login(self.epoch).is_some() {
            return View::SigningIn;
        }
        match &self.state {
            State::Restoring { trouble } => View::Restoring {
                trouble: trouble.map(|trouble| trouble.failure),
            },
            State::SignedOut { .. } if self.is_signing_out() => View::SigningOut,
            State::SignedOut { reason } => View::SignedOut(*reason),
            State::SignedIn { grant, trouble } => View::SignedIn {
                token: grant.token,
                expires: grant.expires,
                stale: trouble.is_some() && !grant.is_good(now),
            },
            // Nobody is told any more; what was seen last stays.
            State::Disposed => self.announced,
        }
    }

    fn tick(&mut self, now: Instant) {
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
    fn renew(&mut self, now: Instant, why: Why) -> Access {
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

    fn refresh_by(&mut self, now: Instant, why: Why) -> OpId {
        let op = match self.wire.refresh(self.epoch) {
            Some(op) => op,
            None => self.enqueue_refresh(now, why),
        };
        self.settle(now);
        op
    }

    /// A logout that the server has not heard of goes first: what it was to end must not be restored.
    fn enqueue_refresh(&mut self, now: Instant, why: Why) -> OpId {
        self.enqueue_owed_logout(now);
        self.enqueue(now, Exchange::Refresh(why), false)
    }

    fn enqueue_owed_logout(&mut self, now: Instant) {
        if let Some(owed) = self.owed_logout
            && !self.wire.is_repeating_logout()
        {
            self.enqueue(now, Exchange::Logout(owed.scope), true);
        }
    }

    fn enqueue(&mut self, now: Instant, exchange: Exchange, repeated: bool) -> OpId {
        let op = self.next_op();
        self.wire.enqueue(
            now,
            Queued {
                op,
                exchange,
                repeated,
            },
        );
        op
    }

    /// Ends every call: sends what may go, and tells listeners what has changed.
    fn settle(&mut self, now: Instant) {
        if matches!(self.state, State::Restoring { trouble: None }) && self.wire.is_idle() {
            self.enqueue_refresh(now, Why::Restore);
        }
        let bound = self.config.request_timeout;
        if let Some(Sent { op, exchange, .. }) = self.wire.send_next(now, self.epoch, bound) {
            if let Exchange::Refresh(why) = exchange {
                let failures = self.state.trouble().map_or(0, |trouble| trouble.failures);
                self.report(Event::RefreshStarted {
                    why,
                    attempt: failures.saturating_add(1),
                });
            }
            self.effects.push_back(Effect::Send { op, exchange });
        }
        let view = self.view(now);
        if view != self.announced {
            self.announced = view;
            self.effects.push_back(Effect::Changed);
        }
        // Whoever hears of an event sees the session it led to.
        let reports = std::mem::take(&mut self.reports);
        self.effects.extend(reports.into_iter().map(Effect::Report));
    }

    /// Nothing that was asked for before now counts any longer: those who wait ask again, logins are lost.
    fn end_logins_and_refreshes(&mut self, now: Instant) {
        self.drop_queued(now, is_login_or_refresh);
        let sent = self.wire.sent.filter(|sent| sent.epoch == self.epoch);
        if let Some(sent) = sent.filter(|sent| is_login_or_refresh(sent.exchange)) {
            self.overtake(now, sent.op, sent.exchange);
        }
        self.epoch += 1;
    }

    fn drop_queued(&mut self, now: Instant, dropped: impl Fn(Exchange) -> bool) {
        // Each moves to the end once, so those that stay keep their order.
        for _ in 0..self.wire.queue.len() {
            if let Some(queued) = self.wire.queue.pop_front() {
                if dropped(queued.exchange) {
                    self.overtake(now, queued.op, queued.exchange);
                } else {
                    self.wire.queue.push_back(queued);
                }
            }
        }
    }

    /// Tells whoever waits for an exchange that something younger took its place.
    fn overtake(&mut self, now: Instant, op: OpId, exchange: Exchange) {
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
                self.done(op, exchange, Ok(()));
            }
        }
    }

    /// A new session begins: its token, sent for at `sent`, came with `op`.
    fn sign_in(&mut self, now: Instant, sent: Instant, op: OpId, granted: Granted) {
        self.epoch += 1;
        self.owed_logout = None;
        self.commit(now, sent, op, granted, None);
        self.report(Event::SignedIn);
    }

    /// The answer to `op`, sent for at `sent`, is the session now; `before` is the grant it renews.
    fn commit(
        &mut self,
        now: Instant,
        sent: Instant,
        op: OpId,
        granted: Granted,
        before: Option<&Grant>,
    ) {
        self.last_token += 1;
        let token = TokenId(self.last_token);
        let buffer = self.config.refresh_buffer;
        let mut grant = Grant::new(token, granted, sent, now, buffer, &mut self.rng);
        if let Some(before) = before {
            grant.follow(before);
        }
        self.effects.push_back(Effect::Adopt {
            op,
            token,
            keep_user: before.is_some(),
            expires: grant.expires,
        });
        self.state = State::SignedIn {
            grant,
            trouble: None,
        };
    }

    /// Nobody is signed in here any longer.
    fn sign_out(&mut self, reason: Reason) {
        let before = std::mem::replace(&mut self.state, State::SignedOut { reason });
        self.effects.push_back(Effect::Forget);
        match before {
            State::SignedIn { .. } | State::Restoring { .. } => {
                self.report(Event::SignedOut(reason));
            }
            State::SignedOut { .. } | State::Disposed => {}
        }
    }

    fn is_signing_out(&self) -> bool {
        [Scope::Local, Scope::Global]
            .into_iter()
            .any(|scope| self.wire.logout(scope, self.epoch).is_some())
    }

    /// When listeners are to be told that the token is stale, if they have not been.
    fn stale_at(&self) -> Option<Instant> {
        match self.announced {
            View::SignedIn { stale: false, .. } => self.state.stale_at(),
            View::SignedIn { stale: true, .. }
            | View::Restoring { .. }
            | View::SignedOut(_)
            | View::SigningIn
            | View::SigningOut => None,
        }
    }

    fn check_not_disposed(&self) -> Result<(), Failure> {
        match self.state {
            State::Disposed => Err(Failure::new(Code::Disposed)),
            State::SignedOut { .. } | State::Restoring { .. } | State::SignedIn { .. } => Ok(()),
        }
    }

    fn next_op(&mut self) -> OpId {
        self.last_op += 1;
        OpId(self.last_op)
    }

    fn wake(&mut self, op: OpId, failure: Option<Failure>) {
        self.effects.push_back(Effect::Wake { op, failure });
    }

    /// Tells the caller of a login or logout how it ended. A refresh has no caller of its own.
    fn done(&mut self, op: OpId, exchange: Exchange, result: Result<(), Failure>) {
        match exchange {
            Exchange::Login | Exchange::Logout(_) => {
                self.effects.push_back(Effect::Done { op, result });
            }
            Exchange::Refresh(_) => {}
        }
    }

    /// Tells everyone who waits for an exchange why it will not be.
    fn refuse(&mut self, op: OpId, exchange: Exchange, failure: Failure) {
        self.wake(op, Some(failure));
        self.done(op, exchange, Err(failure));
    }

    fn report(&mut self, event: Event) {
        self.reports.push(event);
    }
}

fn is_login_or_refresh(exchange: Exchange) -> bool {
    match exchange {
        Exchange::Login | Exchange::Refresh(_) => true,
        Exchange::Logout(_) => false,
    }
}

/// The scope that ends what both end.
fn wider(one: Scope, other: Scope) -> Scope {
    match (one, other) {
        (Scope::Local, Scope::Local) => Scope::Local,
        (Scope::Others, Scope::Others) => Scope::Others,
        (Scope::Global, _) | (_, Scope::Global) => Scope::Global,
        (Scope::Local, Scope::Others) | (Scope::Others, Scope::Local) => Scope::Global,
    }
}
