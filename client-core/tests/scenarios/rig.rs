//! A shell made of virtual time: it holds what the machine sent until the test answers, moves the clock
//! from deadline to deadline, and plays callers of `fetch` as a real shell does.

use evertoken_core::Duration;
use std::collections::BTreeMap;

use evertoken_core::{
    Access, Code, Config, Effect, Event, Exchange, Failure, Input, Instant, OpId, Outcome, Restore,
    Scope, Session, Slot, Stored, Timer, TokenId, View,
};

pub use crate::outcomes::{LIFE, LIFETIME, MINUTE, SECOND, denied, failed, granted};

/// Where a call of `fetch` stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Call {
    /// Waits for an operation before it is sent, or sent again after `rejected`.
    Waiting { op: OpId, rejected: Option<TokenId> },
    /// Is on its way with this token; `again` if it was refused once.
    Sent { token: TokenId, again: bool },
    /// Was answered by the resource, 401 included.
    Answered(u16),
    /// Was told by the client that it cannot go.
    Refused(Failure),
    /// Its caller went away.
    Gone,
}

pub struct Rig {
    pub now: Instant,
    pub session: Session,
    pub events: Vec<Event>,
    pub done: Vec<(OpId, Result<(), Failure>)>,
    pub aborted: Vec<OpId>,
    pub adopted: Vec<(OpId, TokenId)>,
    pub changes: usize,
    /// Everything that was ever sent to an auth endpoint.
    pub sent: Vec<(OpId, Exchange)>,
    /// The keys that went with it.
    pub keys: Vec<Option<String>>,
    /// What the browser keeps for the next start.
    pub kept: BTreeMap<Slot, String>,
    pub calls: Vec<Call>,
}

impl Rig {
    /// A client that looks for nothing at its start.
    pub fn signed_out() -> Self {
        Self::with(Config {
            restore: Restore::Never,
            random_keys: true,
            channel: false,
            ..Config::default()
        })
    }

    /// The same, with other draws.
    pub fn signed_out_with(seed: u64) -> Self {
        let mut rig = Self::signed_out();
        rig.session = Session::new(
            Config {
                restore: Restore::Never,
                channel: false,
                ..Config::default()
            },
            seed,
        );
        rig
    }

    /// A client in whose session `a` has just signed in.
    pub fn signed_in() -> Self {
        Self::signed_in_for(LIFETIME)
    }

    pub fn signed_in_for(seconds: u64) -> Self {
        let mut rig = Self::signed_out();
        let login = rig.login();
        rig.answer(login, granted("a", seconds));
        rig
    }

    /// A client at its start, already asking.
    pub fn restoring() -> Self {
        Self::with(Config {
            random_keys: true,
            channel: false,
            ..Config::default()
        })
    }

    pub fn with(config: Config) -> Self {
        Self::starting(config, BTreeMap::new())
    }

    /// The same page, loaded again.
    pub fn reloaded(&self, restore: Restore) -> Self {
        let config = Config {
            restore,
            random_keys: true,
            channel: false,
            ..Config::default()
        };
        Self::starting(config, self.kept.clone())
    }

    fn starting(config: Config, kept: BTreeMap<Slot, String>) -> Self {
        let mut rig = Self {
            now: Instant::from_millis(1_000),
            session: Session::new(config, 1),
            events: vec![],
            done: vec![],
            aborted: vec![],
            adopted: vec![],
            changes: 0,
            sent: vec![],
            keys: vec![],
            kept,
            calls: vec![],
        };
        rig.session.start(rig.now, rig.stored());
        rig.drain();
        rig
    }

    pub fn login(&mut self) -> OpId {
        let op = self.session.login(self.now).expect("not disposed");
        self.drain();
        op
    }

    pub fn logout(&mut self) -> OpId {
        self.logout_of(Scope::Global)
    }

    pub fn logout_of(&mut self, scope: Scope) -> OpId {
        let op = self.session.logout(self.now, scope).expect("not disposed");
        self.drain();
        op
    }

    /// Somebody wants another token.
    pub fn refresh(&mut self) {
        self.session.refresh(self.now);
        self.drain();
    }

    /// Takes over a session of `who` from elsewhere.
    pub fn set_session(&mut self, who: &str) -> OpId {
        let Outcome::Granted(granted) = granted(who, LIFETIME) else {
            unreachable!("it is granted");
        };
        let op = self.session.set_session(self.now, granted);
        self.drain();
        op.expect("not disposed")
    }

    pub fn answer(&mut self, op: OpId, outcome: Outcome) {
        self.session.handle(self.now, Input::Answer { op, outcome });
        self.drain();
    }

    /// Answers the refresh that was sent last.
    pub fn answer_refresh(&mut self, outcome: Outcome) {
        let op = self.last_refresh();
        self.answer(op, outcome);
    }

    pub fn last_refresh(&self) -> OpId {
        let is_refresh =
            |(_, exchange): &&(OpId, Exchange)| matches!(exchange, Exchange::Refresh(_));
        self.sent
            .iter()
            .rev()
            .find(is_refresh)
            .expect("a refresh was sent")
            .0
    }

    pub fn refreshes(&self) -> usize {
        let is_refresh =
            |(_, exchange): &&(OpId, Exchange)| matches!(exchange, Exchange::Refresh(_));
        self.sent.iter().filter(is_refresh).count()
    }

    /// Lets time pass; every deadline on the way rings when it is due.
    pub fn pass(&mut self, d: Duration) {
        let end = self.now.after(d);
        while let Some((at, _)) = self.session.poll_timeout().filter(|(at, _)| *at <= end) {
            self.now = self.now.max(at);
            self.tick();
            let next = self.session.poll_timeout().map(|(at, _)| at);
            assert_ne!(
                next,
                Some(at),
                "a deadline that is due is met, or the shell would spin"
            );
        }
        self.now = end;
    }

    /// Lets time pass until the machine sends a refresh by itself.
    pub fn pass_until_refresh(&mut self) {
        let before = self.refreshes();
        while self.refreshes() == before {
            let (at, _) = self.session.poll_timeout().expect("a timer is set");
            self.pass(at.since(self.now));
        }
    }

    /// The machine sleeps, or the clock jumps: time passes and no timer rings.
    pub fn sleep(&mut self, d: Duration) {
        self.now = self.now.after(d);
    }

    pub fn tick(&mut self) {
        self.session.handle(self.now, Input::Tick);
        self.drain();
    }

    /// Somebody calls `fetch`; returns the call's number.
    pub fn call(&mut self) -> usize {
        self.calls.push(Call::Gone);
        let number = self.calls.len() - 1;
        self.ask(number, None);
        self.drain();
        number
    }

    pub fn calls(&mut self, n: usize) -> Vec<usize> {
        (0..n).map(|_| self.call()).collect()
    }

    /// The resource answers a call.
    pub fn resource(&mut self, number: usize, status: u16) {
        let Call::Sent { token, again } = self.calls[number] else {
            panic!("call {number} is not on its way: {:?}", self.calls[number]);
        };
        if status == 401 && !again {
            self.ask(number, Some(token));
        } else {
            self.calls[number] = Call::Answered(status);
        }
        self.drain();
    }

    pub fn token_of(&self, number: usize) -> TokenId {
        match self.calls[number] {
            Call::Sent { token, .. } => token,
            other => panic!("call {number} is not on its way: {other:?}"),
        }
    }

    pub fn code_of(&self, number: usize) -> Code {
        match self.calls[number] {
            Call::Refused(failure) => failure.code,
            other => panic!("call {number} was not refused: {other:?}"),
        }
    }

    pub fn stored(&self) -> Stored {
        Stored::read(|slot| self.kept.get(&slot).map(|text| text.to_string()))
    }

    /// The key that is kept for the next start.
    pub fn kept_key(&self) -> Option<String> {
        self.stored().record?.refresh_key
    }

    pub fn view(&self) -> View {
        self.session.view(self.now)
    }

    pub fn is_signed_in(&self) -> bool {
        matches!(self.view(), View::SignedIn { .. })
    }

    pub fn timer(&self) -> Option<Timer> {
        self.session.poll_timeout().map(|(_, timer)| timer)
    }

    pub fn result_of(&self, op: OpId) -> Option<Result<(), Code>> {
        let done = self.done.iter().find(|(done, _)| *done == op);
        done.map(|(_, result)| result.map_err(|failure| failure.code))
    }

    fn ask(&mut self, number: usize, rejected: Option<TokenId>) {
        self.calls[number] = match self.session.authorize(self.now, rejected) {
            Access::Use(token) => {
                assert_ne!(Some(token), rejected, "a refused token is never given back");
                Call::Sent {
                    token,
                    again: rejected.is_some(),
                }
            }
            Access::Wait(op) => Call::Waiting { op, rejected },
            Access::Refused(failure) => Call::Refused(failure),
            Access::Replaced => Call::Answered(401),
        };
    }

    pub fn drain(&mut self) {
        while let Some(effect) = self.session.poll_effect() {
            match effect {
                Effect::Send { op, exchange, key } => {
                    self.sent.push((op, exchange));
                    self.keys.push(key);
                }
                Effect::Keep(slot, Some(text)) => drop(self.kept.insert(slot, text)),
                Effect::Keep(slot, None) => drop(self.kept.remove(&slot)),
                // A browser without locks and other tabs.
                Effect::Lock(lock) => {
                    let stored = self.stored();
                    let locked = Input::Locked { lock, stored };
                    self.session.handle(self.now, locked);
                }
                Effect::Unlock(_) => {}
                Effect::Post(message) => panic!("there is no channel to say {message:?} on"),
                Effect::Abort(op) => self.aborted.push(op),
                Effect::Adopt { from, token, .. } => {
                    self.adopted
                        .push((from.expect("nobody else has tokens"), token));
                }
                Effect::Wake { op, failure } => self.wake(op, failure),
                Effect::Done { op, result } => self.done.push((op, result)),
                Effect::Changed => self.changes += 1,
                Effect::Report(event) => self.events.push(event),
                Effect::Forget => {}
            }
        }
    }

    fn wake(&mut self, woken: OpId, failure: Option<Failure>) {
        for number in 0..self.calls.len() {
            match self.calls[number] {
                Call::Waiting { op, rejected } if op == woken => match failure {
                    Some(failure) => self.calls[number] = Call::Refused(failure),
                    None => self.ask(number, rejected),
                },
                _ => {}
            }
        }
    }
}
