//! The session machine: what users ask of it, what the world tells it, what it wants done.

mod answer;
mod state;
mod steps;
mod wire;

use std::collections::VecDeque;

use crate::config::{Config, Restore};
use crate::effect::{Access, Effect, Event, Exchange, Input, OpId, Scope, Timer, View, Why};
use crate::failure::{Code, Failure, Reason};
use crate::grant::TokenId;
use crate::read::Granted;
use crate::record::Record;
use crate::rng::Rng;
use crate::time::Instant;

use state::State;
use steps::{is_login_or_refresh, wider};
use wire::Wire;

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
    /// The newest key, for the next refresh to send.
    key: Option<Box<str>>,
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
        let state = match config.restore {
            Restore::Always => State::Restoring { trouble: None },
            Restore::Hint | Restore::Never => State::SignedOut {
                reason: Reason::Never,
            },
        };
        let mut session = Self {
            config,
            state,
            wire: Wire::default(),
            epoch: 0,
            owed_logout: None,
            unsettled: false,
            key: None,
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

    /// Looks for a session from last time, if the configuration says so; `remembered` is what
    /// [`Effect::Remember`] last kept. The operation is what a caller waits for to know whether there is one.
    pub fn start(&mut self, now: Instant, remembered: Option<Record>) -> Option<OpId> {
        if let Some(record) = remembered {
            self.key = record.refresh_key;
            if self.config.restore == Restore::Hint {
                self.state = State::Restoring { trouble: None };
            }
        }
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
                self.wire.queue.retain(|queued| !queued.repeated);
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
            && !sent.repeated
            // The caller of a login that a logout ended has been told.
            && (sent.epoch == self.epoch || sent.exchange != Exchange::Login)
        {
            self.refuse(sent.op, sent.exchange, failure);
        }
        while let Some(queued) = self.wire.queue.pop_front() {
            if !queued.repeated {
                self.refuse(queued.op, queued.exchange, failure);
            }
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
}
