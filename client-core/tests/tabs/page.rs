//! One tab with everything in the test's hand: when the lock is held, what is heard and stored, what time it is.

use evertoken_core::Duration;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use evertoken_core::{
    Access, Config, Effect, Granted, Input, Instant, Message, OpId, Outcome, Restore, Scope,
    Session, Slot, Status, Tab, TokenId,
};

use crate::words::{ASK, LIFETIME, NOON, PEER, granted, news};

/// What the tabs of one origin share.
pub type Storage = Rc<RefCell<BTreeMap<Slot, String>>>;

pub struct Page {
    pub now: Instant,
    pub session: Session,
    pub storage: Storage,
    /// Everything that ever came out, in order.
    pub out: Vec<Effect>,
    /// Where the test began to look.
    pub mark: usize,
    /// The lock it waits for.
    pub wanted: Option<OpId>,
}

/// Restores nothing by itself, so that a test says what happens.
pub fn quiet() -> Config {
    Config {
        restore: Restore::Never,
        ..Config::default()
    }
}

// How a life begins.
impl Page {
    pub fn load(config: Config, seed: u64, storage: &Storage) -> Self {
        Self::load_at(NOON, config, seed, storage)
    }

    pub fn load_at(now: Instant, config: Config, seed: u64, storage: &Storage) -> Self {
        let mut page = Self {
            now,
            session: Session::new(config, seed),
            storage: Rc::clone(storage),
            out: vec![],
            mark: 0,
            wanted: None,
        };
        page.session.start(now, page.stored());
        page.drain();
        page
    }

    /// The same browser, after this page was closed or reloaded.
    pub fn reloaded(&self, config: Config) -> Self {
        Self::load_at(self.now, config, 99, &self.storage)
    }

    /// A tab that is opened alone and finds these notes.
    pub fn finding<const N: usize>(config: Config, notes: [(Slot, String); N]) -> Self {
        let storage = Storage::default();
        storage.borrow_mut().extend(notes);
        Self::load(config, 1, &storage)
    }

    /// A tab that knows of no other.
    pub fn alone() -> Self {
        Self::load(quiet(), 1, &Storage::default())
    }

    /// In whose session `a` has just signed in, alone.
    pub fn signed_in() -> Self {
        Self::signed_in_with(quiet())
    }

    pub fn signed_in_with(config: Config) -> Self {
        let mut page = Self::load(config, 1, &Storage::default());
        page.sign_in("a");
        page.look_from_here();
        page
    }

    /// The same, and another tab is there.
    pub fn with_peer() -> Self {
        let mut page = Self::signed_in();
        page.meet(PEER);
        page
    }

    /// A tab that has found a session's notes, and waits for the lock to restore it; another tab is there.
    pub fn restoring() -> Self {
        let mut page = Self::load(Config::default(), 1, &Storage::default());
        page.meet(PEER);
        page
    }

    pub fn sign_in(&mut self, who: &str) {
        let login = self.login_sent();
        self.answer(login, granted(who, LIFETIME));
    }

    /// Hears of another tab, and nothing else from it.
    pub fn meet(&mut self, tab: Tab) {
        let known = Status {
            from: tab,
            ..news(evertoken_core::Position::default())
        };
        self.hear(Message::Status(known));
        self.look_from_here();
    }
}

// What users and the world do.
impl Page {
    pub fn login(&mut self) -> OpId {
        let op = self.session.login(self.now).expect("not disposed");
        self.drain();
        op
    }

    /// A login under the lock, which the other tabs had nothing to say to.
    pub fn login_sent(&mut self) -> OpId {
        let op = self.login();
        self.get_through();
        assert_eq!(self.on_wire(), Some(op));
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

    /// Somebody calls `fetch`.
    pub fn call(&mut self) -> Access {
        self.call_after(None)
    }

    pub fn call_after(&mut self, rejected: Option<TokenId>) -> Access {
        let access = self.session.authorize(self.now, rejected);
        self.drain();
        access
    }

    /// Somebody calls `fetch` and has to wait.
    pub fn wait(&mut self) -> OpId {
        match self.call() {
            Access::Wait(op) => op,
            other => panic!("nothing to wait for: {other:?}"),
        }
    }

    pub fn token(&mut self) -> TokenId {
        match self.call() {
            Access::Use(token) => token,
            other => panic!("no token: {other:?}"),
        }
    }

    pub fn refresh(&mut self) -> OpId {
        match self.session.refresh(self.now) {
            Access::Wait(op) => {
                self.drain();
                op
            }
            other => panic!("no refresh: {other:?}"),
        }
    }

    /// A refresh that was asked for, under the lock, and that nobody else could answer.
    pub fn refresh_sent(&mut self) -> OpId {
        let op = self.refresh();
        self.get_through();
        assert_eq!(self.on_wire(), Some(op));
        op
    }

    pub fn input(&mut self, input: Input) {
        self.session.handle(self.now, input);
        self.drain();
    }

    pub fn answer(&mut self, op: OpId, outcome: Outcome) {
        self.input(Input::Answer { op, outcome });
    }

    pub fn answer_last(&mut self, outcome: Outcome) {
        let op = self.on_wire().expect("something was sent");
        self.answer(op, outcome);
    }

    pub fn hear(&mut self, message: Message) {
        self.hear_after(Duration::ZERO, message);
    }

    /// The message, and the token that it speaks of, were sent a while ago.
    pub fn hear_after(&mut self, ago: Duration, message: Message) {
        let token = matches!(&message, Message::Status(status) if status.token.is_some());
        self.input(Input::Heard {
            message,
            ago,
            token,
        });
    }

    pub fn news(&mut self, status: Status) {
        self.hear(Message::Status(status));
    }

    /// What it says when another tab asks.
    pub fn asked(&mut self) -> Status {
        self.hear(Message::Ask {
            from: PEER,
            question: 7,
            has: None,
        });
        self.statuses().pop().expect("everybody answers")
    }

    /// The last question is answered.
    pub fn reply(&mut self, status: Status) {
        let answers = self.question();
        self.news(Status { answers, ..status });
    }

    /// The browser grants the lock that was asked for.
    pub fn get_lock(&mut self) {
        let lock = self.wanted.expect("the lock was asked for");
        self.locked(lock);
    }

    /// The lock is granted, and no other tab answers.
    pub fn get_through(&mut self) {
        self.get_lock();
        self.pass(ASK);
    }

    pub fn get_lock_if_wanted(&mut self) {
        if self.wanted.is_some() {
            self.get_lock();
        }
    }

    pub fn locked(&mut self, lock: OpId) {
        self.wanted.take_if(|wanted| *wanted == lock);
        let stored = self.stored();
        self.input(Input::Locked { lock, stored });
    }

    /// Another tab changed what is stored.
    pub fn look_at_storage(&mut self) {
        let stored = self.stored();
        self.input(Input::Stored(stored));
    }

    pub fn leave(&mut self) {
        self.input(Input::Hidden);
    }

    pub fn come_back(&mut self) {
        let stored = self.stored();
        self.input(Input::Shown(stored));
    }

    pub fn put(&self, slot: Slot, text: String) {
        self.storage.borrow_mut().insert(slot, text);
    }

    pub fn dispose(&mut self) {
        self.session.dispose();
        self.drain();
    }

    pub fn tick(&mut self) {
        self.input(Input::Tick);
    }

    /// Lets time pass; every deadline on the way rings when it is due.
    pub fn pass(&mut self, d: Duration) {
        let end = self.now.after(d);
        while let Some((at, _)) = self.session.poll_timeout().filter(|(at, _)| *at <= end) {
            self.now = self.now.max(at);
            self.tick();
            let next = self.session.poll_timeout().map(|(at, _)| at);
            assert!(next.is_none_or(|next| next > self.now), "it would spin");
        }
        self.now = end;
    }

    /// Time passes and no timer rings.
    pub fn sleep(&mut self, d: Duration) {
        self.now = self.now.after(d);
    }

    pub fn drain(&mut self) {
        while let Some(effect) = self.session.poll_effect() {
            match &effect {
                Effect::Lock(lock) => self.wanted = Some(*lock),
                Effect::Unlock(lock) => drop(self.wanted.take_if(|wanted| wanted == lock)),
                Effect::Keep(slot, Some(text)) => {
                    self.storage.borrow_mut().insert(*slot, text.clone());
                }
                Effect::Keep(slot, None) => drop(self.storage.borrow_mut().remove(slot)),
                Effect::Send { .. }
                | Effect::Post(_)
                | Effect::Abort(_)
                | Effect::Adopt { .. }
                | Effect::Forget
                | Effect::Wake { .. }
                | Effect::Done { .. }
                | Effect::Changed
                | Effect::Report(_) => {}
            }
            self.out.push(effect);
        }
    }
}

/// A grant with nothing but a subject and a key.
pub fn handed(who: &str, key: &str) -> Outcome {
    Outcome::Granted(Granted {
        lifetime: Some(Duration::from_secs(LIFETIME)),
        subject: Some(who.into()),
        refresh_key: Some(key.into()),
        ..Granted::default()
    })
}
