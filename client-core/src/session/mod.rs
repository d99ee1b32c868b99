//! The session machine: what users ask of it, what the world tells it, what it wants done.

mod answer;
mod commit;
mod notes;
mod passage;
mod peers;
mod presence;
mod resources;
mod seen;
mod state;
mod steps;
mod wire;

use core::num::NonZeroU32;

use crate::config::{Config, Restore};
use crate::effect::{Access, Effect, Event, Exchange, Input, OpId, Scope, View, Why};
use crate::failure::{Code, Detail, Failure, Reason};
use crate::grant::TokenId;
use crate::planted::Fault;
use crate::read::Granted;
use crate::rng::Rng;
use crate::tabs::{Position, Stored, Tab, Tabs};
use crate::time::Instant;

use state::State;
use steps::is_login_or_refresh;
use wire::{Stage, Wire, take_first};

/// One client's session. See the [crate's essay](crate) for how to drive it.
#[derive(Debug)]
pub struct Session {
    config: Config,
    state: State,
    wire: Wire,
    /// Counts the logouts and the other tabs' logins: an answer counts only in the turn it was sent in.
    turn: u32,
    /// The greatest that this tab has seen.
    position: Position,
    /// What the record said when it was read last.
    last_read: Position,
    /// A logout that the server has not heard of.
    owed_logout: Option<OwedLogout>,
    /// An exchange of an earlier turn was given up: a late Set-Cookie of its may have won, so the next
    /// refresh must name the subject that is signed in.
    unsettled: bool,
    /// Nobody knows how a login ended: the next refresh tells, and what other tabs still have does not count.
    finding_out: bool,
    /// That is so because of a mark that was found at the start.
    found_mark: bool,
    /// The newest key, for the next refresh to send.
    key: Option<String>,
    tab: Tab,
    /// The other tabs, as far as they are known.
    peers: Tabs,
    /// Whether notes of who is there work: this tab's own was found.
    is_noted: bool,
    /// Until when the backend asked to be left alone by who is signed out, and how it said so.
    left_alone: Option<(Instant, Failure)>,
    /// A refresh has been granted here, so the browser keeps the cookie.
    cookie_works: bool,
    last_question: u32,
    is_online: bool,
    effects: Vec<Effect>,
    /// What happened during this call.
    reports: Vec<Event>,
    /// What listeners have been told.
    announced: View,
    rng: Rng,
    next_op: OpId,
    next_token: TokenId,
    #[cfg(feature = "planted")]
    pub(crate) planted: Option<Fault>,
}

/// A logout to be repeated until the answer is definite.
#[derive(Clone, Copy, Debug)]
struct OwedLogout {
    scope: Scope,
    failures: u32,
    retry_at: Instant,
    /// It is for a login that a logout overtook, and whose answer nobody saw: it may leave its cookie yet.
    stray: bool,
    /// It is for a login of this tab's own that was granted too late: no other tab can have told the server.
    own: bool,
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
        let mut rng = Rng::new(seed);
        let tab = rng.tab();
        let mut session = Self {
            config,
            state,
            wire: Wire::default(),
            turn: 0,
            position: Position::default(),
            last_read: Position::default(),
            owed_logout: None,
            unsettled: false,
            finding_out: false,
            found_mark: false,
            key: None,
            tab,
            peers: Tabs::default(),
            is_noted: false,
            left_alone: None,
            cookie_works: false,
            last_question: 0,
            is_online: true,
            effects: Vec::new(),
            reports: Vec::new(),
            announced: View::SigningOut,
            rng,
            next_op: OpId(NonZeroU32::MIN),
            next_token: TokenId(NonZeroU32::MIN),
            #[cfg(feature = "planted")]
            planted: None,
        };
        session.announced = session.view(Instant::default());
        session
    }

    /// Greets the other tabs and looks for a session from last time, if the configuration says so. The operation is
    /// what a caller waits for to know whether there is one.
    pub fn start(&mut self, now: Instant, stored: Stored) -> Option<OpId> {
        self.greet(&stored);
        let restores = self.remember(now, &stored);
        let first = restores.then(|| self.refresh_by(now, Why::Restore));
        self.settle(now);
        first
    }

    /// May a request go, and with which token? `rejected` names a token the caller saw refused; it is
    /// never given back to that caller.
    ///
    /// With a good token this is the hot path: no effect, no allocation.
    pub fn authorize(&mut self, now: Instant, rejected: Option<TokenId>) -> Access {
        if let Some(op) = self
            .wire
            .login(self.turn)
            .or_else(|| self.wire.waking(self.turn))
        {
            return Access::Wait(op);
        }
        match &self.state {
            State::SignedIn { grant, .. } => match rejected {
                Some(token) if token < grant.since && !self.plants(Fault::RejectedNotCompared) => {
                    Access::Replaced
                }
                // The backend has just not renewed it.
                Some(token) if token >= grant.token && !self.config.renews => Access::Replaced,
                Some(token)
                    if token >= grant.token && !self.plants(Fault::RefusedTokenIsGivenAgain) =>
                {
                    self.renew(now, Why::Rejected)
                }
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
        if let Some(login) = self.wire.login(self.turn) {
            return Access::Wait(login);
        }
        let idle = self.wire.refresh(self.turn).is_none();
        match self.state {
            State::SignedIn { .. } if !self.config.renews => {
                Access::Refused(Failure::new(Code::Misconfigured).detail(Detail::BackendRenews))
            }
            State::SignedIn { .. } | State::Restoring { .. } => self.renew(now, Why::Demand),
            State::SignedOut { .. } if self.is_signing_out() => {
                Access::Refused(Failure::new(Code::LoginRequired))
            }
            State::SignedOut { .. } => {
                match self.left_alone.filter(|(until, _)| now < *until && idle) {
                    Some((until, failure)) => Access::Refused(Failure {
                        retry_after: Some(until.since(now)),
                        ..failure
                    }),
                    None => Access::Wait(self.refresh_by(now, Why::Demand)),
                }
            }
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
        self.drop_queued(now, &|queued| match queued.exchange {
            // What a refresh waited to renew is about to be replaced; what a logout waited to end, too.
            Exchange::Refresh(_) | Exchange::Logout(Scope::Local | Scope::Global) => true,
            Exchange::Login | Exchange::Logout(Scope::Others) => false,
        });
        if let Some(refresh) = self.wire.refresh(self.turn) {
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
        let joined = self.wire.logout(scope, self.turn);
        let op = match (joined, scope) {
            (Some(op), Scope::Others) => op,
            (None, Scope::Others) => self.enqueue(now, Exchange::Logout(scope), false),
            (Some(op), Scope::Local | Scope::Global) => {
                // Nothing else of this epoch can be on the wire; what came after it counts no longer.
                self.drop_queued(now, &|queued| is_login_or_refresh(queued.exchange));
                op
            }
            (None, Scope::Local | Scope::Global) => self.log_out(now, scope, Reason::Logout),
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
        self.drop_queued(now, &|queued| match queued.exchange {
            Exchange::Logout(Scope::Local | Scope::Global) => true,
            Exchange::Logout(Scope::Others) | Exchange::Login | Exchange::Refresh(_) => false,
        });
        // What is on the wire may bring its cookie after this session's.
        self.unsettled |= self.wire.sent().is_some();
        let op = self.next_op();
        self.sign_in(now, now, op, granted);
        self.settle(now);
        Ok(op)
    }

    /// Ends the client for good. Everyone who waits is told; what is on the wire may arrive, gives
    /// the lock back, and changes nothing. Idempotent.
    pub fn dispose(&mut self) {
        if matches!(self.state, State::Disposed) {
            return;
        }
        let failure = Failure::new(Code::Disposed);
        let mut is_under_way = self.wire.sent().is_some();
        // What a listener's call has not let out yet stays here.
        for effect in std::mem::take(&mut self.effects) {
            if matches!(effect, Effect::Send { .. }) {
                is_under_way = false;
            } else {
                self.effects.push(effect);
            }
        }
        if let Stage::Sent(sent) = std::mem::take(&mut self.wire.stage)
            && !sent.repeated
            // The caller of a login that a logout ended has been told.
            && (sent.turn == self.turn || sent.exchange != Exchange::Login)
        {
            self.refuse(sent.op, sent.exchange, failure);
        }
        for queued in std::mem::take(&mut self.wire.queue) {
            if !queued.repeated {
                self.refuse(queued.op, queued.exchange, failure);
            }
        }
        self.owed_logout = None;
        self.state = State::Disposed;
        // A client that is made in this one's place must not send the same refresh token beside it.
        if !is_under_way {
            self.unlock();
        }
        self.say_goodbye();
        self.effects.push(Effect::Forget);
    }

    /// Takes in what the world has to tell.
    pub fn handle(&mut self, now: Instant, input: Input) {
        if matches!(self.state, State::Disposed) {
            if let Input::Locked { lock, .. } = input {
                // It was granted just before it was given back.
                self.effects.push(Effect::Unlock(lock));
            } else if let Input::Answer { .. } = input {
                self.unlock();
            }
            return;
        }
        match input {
            Input::Answer { op, outcome } => {
                let op = self.believed(op);
                if let Some(sent) = self.wire.answered(op) {
                    self.finish(now, sent, outcome);
                }
            }
            Input::Tick => self.tick(now),
            Input::Locked { lock, stored } => self.locked(now, lock, &stored),
            Input::Heard {
                message,
                ago,
                token,
            } => self.heard(now, message, ago, token),
            Input::Stored(stored) => self.see(now, &stored),
            Input::Online(is_online) => self.went_online(now, is_online),
            Input::Hidden => self.hide(),
            Input::Shown(stored) => self.show(now, &stored),
        }
        self.settle(now);
    }

    /// The next thing to do in the world. Drain it after every call that may change something.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        take_first(&mut self.effects)
    }
}
