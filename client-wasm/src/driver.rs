//! Feeds the machine and performs what it wants done.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use core::time::Duration;

use evertoken_core::read;
use evertoken_core::{
    Access, Code, Config, Contract, Effect, Event, Exchange, Failure, Fields, Forbidden, Input,
    Instant, OpId, Outcome, Reason, Renewal, Restore, Scope, Session, Stored, TokenId, View, Why,
};
use js_sys::{Array, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;

use crate::backend::Backend;
use crate::channel::{self, Said};
use crate::clock::{self, Clock};
use crate::document::JsDocument;
use crate::error;
use crate::present::Present;
use crate::promise::Deferred;
use crate::send::{self, Sender};
use crate::storage::{self, Storage};
use crate::tabs::Neighbours;
use crate::timer::Timer;
use crate::transport;

/// What listeners are told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Notice {
    Changed,
    Happened(Event),
}

type Listener = Rc<dyn Fn(Notice)>;

/// By whose names a document calls things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// The contract's.
    Backend,
    /// [`Fields::HANDED_OVER`](evertoken_core::Fields::HANDED_OVER).
    Elsewhere,
}

/// What an operation brought.
type Arrival = (OpId, JsDocument, From);

/// What a client is made of. What `js/send.js` has to know is JavaScript's already.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) base_url: JsValue,
    pub(crate) origins: Array,
    pub(crate) restore: Restore,
    pub(crate) refresh_buffer: Duration,
    pub(crate) request_timeout: Duration,
    /// Whether the tabs of the origin are one client, and whether they share the access token.
    pub(crate) cross_tab: bool,
    pub(crate) share_token: bool,
    pub(crate) contract: Contract,
    /// A function, or `undefined` for the platform's.
    pub(crate) fetch: JsValue,
    /// Where the refresh token is kept, and what brings credentials when the session cannot be renewed; or `undefined`.
    pub(crate) storage: JsValue,
    pub(crate) reauthenticate: JsValue,
    /// JavaScript's own hooks into what `js/send.js` does, or `undefined`.
    pub(crate) note: JsValue,
    pub(crate) error: JsValue,
}

pub(crate) struct Driver {
    pub(crate) session: RefCell<Session>,
    pub(crate) clock: Clock,
    timer: Timer,
    contract: Contract,
    backend: OnceCell<Backend>,
    sender: OnceCell<(Sender, Closures)>,
    storage: OnceCell<Storage>,
    pub(crate) tabs: OnceCell<Neighbours>,
    /// What another tab said, while its effects are being performed.
    pub(crate) said: RefCell<Option<Said>>,
    pub(crate) shares_token: bool,
    pumping: Cell<bool>,
    pub(crate) present: RefCell<Option<Present>>,
    /// What operations brought whose effects are being performed.
    arrived: RefCell<Vec<Arrival>>,
    /// The last operation that somebody waits for who wants a session.
    wanted: Cell<Option<OpId>>,
    /// Those who wait for an operation that concerns everybody.
    waiting: RefCell<Vec<(OpId, Deferred)>>,
    /// Those who called `login` or `logout`.
    callers: RefCell<Vec<(OpId, Deferred)>>,
    /// What a login that waits its turn will send.
    credentials: RefCell<Vec<(OpId, JsValue)>>,
    /// What `ask` could not say with a number.
    pending: RefCell<JsValue>,
    listeners: RefCell<Vec<(u32, Listener)>>,
    last_listener: Cell<u32>,
}

/// What `js/send.js` calls. They hold the driver weakly, since it holds them.
type Closures = (
    Closure<dyn Fn(f64) -> f64>,
    Closure<dyn Fn() -> JsValue>,
    Closure<dyn Fn(f64, f64, JsValue)>,
);

impl Driver {
    pub(crate) fn new(setup: Setup) -> Result<Rc<Self>, Failure> {
        let contract = &setup.contract;
        // With its refresh token in memory a tab has a session of its own, of which no other knows.
        let is_own = contract.fields.refresh_token.is_some() && setup.storage.is_undefined();
        let cross_tab = setup.cross_tab && !is_own;
        let config = Config {
            restore: if is_own {
                Restore::Never
            } else {
                setup.restore
            },
            random_keys: contract.idempotency_key || send::is_own_origin(&setup.base_url),
            refresh_buffer: setup.refresh_buffer,
            request_timeout: setup.request_timeout,
            renews: contract.renewal != Renewal::ResponseHeader,
            channel: cross_tab && channel::exists(),
        };
        // An address that is none, or no `fetch`.
        let wrong = |_| Failure::new(Code::InvalidArgument);
        let backend = Backend::new(
            &setup.fetch,
            &setup.base_url,
            contract.cookies as u8,
            &setup.storage,
            &setup.reauthenticate,
        )
        .map_err(wrong)?;
        let endpoint = contract.refresh().unwrap_or(&contract.login);
        let storage = if is_own {
            Storage::nowhere()
        } else {
            Storage::new(&backend.address(&endpoint.path))
        };
        let driver = Rc::new(Self {
            session: RefCell::new(Session::new(config, storage::seed().to_bits())),
            clock: Clock::new(),
            timer: Timer::default(),
            backend: OnceCell::new(),
            sender: OnceCell::new(),
            storage: OnceCell::new(),
            tabs: OnceCell::new(),
            said: RefCell::new(None),
            shares_token: setup.share_token,
            pumping: Cell::new(false),
            present: RefCell::new(None),
            arrived: RefCell::new(Vec::new()),
            wanted: Cell::new(None),
            waiting: RefCell::new(Vec::new()),
            callers: RefCell::new(Vec::new()),
            credentials: RefCell::new(Vec::new()),
            pending: RefCell::new(JsValue::UNDEFINED),
            listeners: RefCell::new(Vec::new()),
            last_listener: Cell::new(0),
            contract: setup.contract,
        });
        let bound = setup.request_timeout.as_secs_f64() * 1_000.0;
        let (note, error) = (&setup.note, &setup.error);
        let sender = driver
            .make_sender(&backend, &setup.origins, bound, note, error)
            .map_err(wrong)?;
        let _ = driver
            .tabs
            .set(Neighbours::new(&driver, storage.name(), cross_tab));
        let _ = driver.storage.set(storage);
        let _ = driver.backend.set(backend);
        let _ = driver.sender.set(sender);
        Ok(driver)
    }

    fn make_sender(
        self: &Rc<Self>,
        backend: &Backend,
        origins: &Array,
        bound: f64,
        note: &JsValue,
        error: &JsValue,
    ) -> Result<(Sender, Closures), JsValue> {
        let weak = Rc::downgrade(self);
        let ask = Closure::<dyn Fn(f64) -> f64>::new({
            let weak = Weak::clone(&weak);
            move |rejected| {
                weak.upgrade()
                    .map_or(send::REFUSED, |driver| driver.ask(rejected))
            }
        });
        let told = Closure::<dyn Fn(f64, f64, JsValue)>::new({
            let weak = Weak::clone(&weak);
            move |token, ago, said| {
                if let Some(driver) = weak.upgrade() {
                    driver.told(token, ago, said);
                }
            }
        });
        let pending = Closure::<dyn Fn() -> JsValue>::new(move || match weak.upgrade() {
            Some(driver) => driver.pending.replace(JsValue::UNDEFINED),
            None => error::to_js(Failure::new(Code::Disposed), &JsValue::UNDEFINED),
        });
        let watch = match (&self.contract.renewal, self.contract.forbidden) {
            (Renewal::ResponseHeader, _) => send::RENEWALS,
            (_, Forbidden::Logout) => send::REFUSALS,
            (_, Forbidden::Ignore) => 0,
        };
        let sender = Sender::new(
            backend, origins, bound, watch, &ask, &pending, &told, note, error,
        )?;
        for endpoint in self.contract.endpoints() {
            sender.exempt(&endpoint.method, &backend.address(&endpoint.path));
        }
        Ok((sender, (ask, pending, told)))
    }

    /// Begins: looks for a session from last time, if it should.
    pub(crate) fn start(self: &Rc<Self>) {
        let now = self.clock.now();
        self.session.borrow_mut().start(now, self.stored());
        self.pump();
    }

    pub(crate) fn sender(&self) -> Option<&Sender> {
        self.sender.get().map(|(sender, _)| sender)
    }

    pub(crate) fn backend(&self) -> Option<&Backend> {
        self.backend.get()
    }

    /// May a request go? For `js/send.js`, in numbers.
    fn ask(self: &Rc<Self>, rejected: f64) -> f64 {
        let now = self.clock.now();
        let access = {
            let mut session = self.session.borrow_mut();
            let access = if rejected == send::RENEW {
                session.refresh(now)
            } else {
                session.authorize(now, TokenId::from_number(rejected as u32))
            };
            // Whoever saw a 401 had a session, for whose end nobody is asked twice.
            let is_new = rejected == 0.0 || rejected == send::RENEW;
            match access {
                Access::Refused(_) if is_new && self.may_sign_in(&session, now) => {
                    session.refresh(now)
                }
                Access::Use(_) | Access::Wait(_) | Access::Refused(_) | Access::Replaced => access,
            }
        };
        let (answer, pending) = match access {
            Access::Use(token) => return f64::from(token.get()),
            Access::Replaced => return send::REPLACED,
            // Before anything is performed: a listener may end the operation at once.
            Access::Wait(op) => {
                if rejected != send::LOOK {
                    self.wanted.set(Some(op));
                }
                (send::WAIT, self.shared(op).into())
            }
            Access::Refused(failure) => (send::REFUSED, error::to_js(failure, &JsValue::UNDEFINED)),
        };
        self.pump();
        self.pending.replace(pending);
        answer
    }

    /// Whether the application can sign in without asking anybody, and nobody has just signed out on purpose.
    fn may_sign_in(&self, session: &Session, now: Instant) -> bool {
        self.backend.get().is_some_and(Backend::signs_in)
            && match session.view(now) {
                View::SignedOut(reason) => !matches!(reason, Reason::Logout | Reason::Forbidden),
                View::SigningOut => false,
                View::Restoring { .. } | View::SigningIn | View::SignedIn { .. } => true,
            }
    }

    /// Whether a refresh that cannot be had is made good by signing in: where somebody waits for a session, or has one.
    pub(crate) fn signs_in(&self, op: OpId, why: Why) -> bool {
        let is_wanted = why == Why::Timer || self.wanted.get() == Some(op);
        is_wanted && self.may_sign_in(&self.session.borrow(), self.clock.now())
    }

    /// The promise that everybody who waits for `op` holds.
    fn shared(&self, op: OpId) -> Promise {
        let mut waiting = self.waiting.borrow_mut();
        if let Some((_, deferred)) = waiting.iter().find(|(waited, _)| *waited == op) {
            return deferred.promise();
        }
        let deferred = Deferred::new();
        let promise = deferred.promise();
        waiting.push((op, deferred));
        promise
    }

    /// Signs in. The promise brings `undefined`, or a failure's record.
    pub(crate) fn login(self: &Rc<Self>, credentials: &JsValue) -> Result<Promise, Failure> {
        let body = send::stringify(credentials);
        if body.is_undefined() {
            return Err(Failure::new(Code::InvalidArgument));
        }
        let op = self.session.borrow_mut().login(self.clock.now())?;
        self.credentials.borrow_mut().push((op, body));
        Ok(self.called(op))
    }

    /// Signs out. The promise brings `undefined`, or a failure's record.
    pub(crate) fn logout(self: &Rc<Self>, scope: Scope) -> Result<Promise, Failure> {
        let op = self.session.borrow_mut().logout(self.clock.now(), scope)?;
        Ok(self.called(op))
    }

    /// Takes over a session obtained elsewhere.
    pub(crate) fn set_session(self: &Rc<Self>, grant: JsValue) -> Result<(), Failure> {
        let grant = JsDocument(grant);
        let wrong = |failure| Failure {
            code: Code::InvalidArgument,
            ..failure
        };
        let wall = clock::wall() as u64;
        let names = &Fields::HANDED_OVER;
        let granted = read::grant(&grant, names, wall).map_err(wrong)?;
        let op = self
            .session
            .borrow_mut()
            .set_session(self.clock.now(), granted)?;
        let is_held = self.contract.fields.refresh_token.is_some();
        let path = names.refresh_token.as_deref().filter(|_| is_held);
        if let (Some(path), Some(backend)) = (path, self.backend()) {
            backend.hand_over(&grant.at(path));
        }
        self.arrive(op, grant, From::Elsewhere);
        self.pump();
        Ok(())
    }

    pub(crate) fn dispose(self: &Rc<Self>) {
        self.session.borrow_mut().dispose();
        self.pump();
        if let Some(tabs) = self.tabs.get() {
            tabs.leave();
        }
        self.listeners.borrow_mut().clear();
        self.credentials.borrow_mut().clear();
    }

    fn called(self: &Rc<Self>, op: OpId) -> Promise {
        let promise = {
            let mut callers = self.callers.borrow_mut();
            match callers.iter().find(|(called, _)| *called == op) {
                Some((_, deferred)) => deferred.promise(),
                None => {
                    let deferred = Deferred::new();
                    let promise = deferred.promise();
                    callers.push((op, deferred));
                    promise
                }
            }
        };
        self.pump();
        promise
    }

    /// An exchange ended. `body` is what the endpoint said, or `undefined`.
    pub(crate) fn answer(self: &Rc<Self>, op: OpId, outcome: Outcome, body: JsValue) {
        self.take(Input::Stored(self.stored()));
        self.take(Input::Answer { op, outcome });
        self.arrive(op, JsDocument(body), From::Backend);
        self.pump();
    }

    pub(crate) fn take(&self, input: Input) {
        let now = self.clock.now();
        self.session.borrow_mut().handle(now, input);
    }

    pub(crate) fn stored(&self) -> Stored {
        self.storage.get().map(Storage::stored).unwrap_or_default()
    }

    pub(crate) fn listen(&self, listener: Listener) -> u32 {
        let id = self.last_listener.get() + 1;
        self.last_listener.set(id);
        self.listeners.borrow_mut().push((id, listener));
        id
    }

    pub(crate) fn unlisten(&self, id: u32) {
        self.listeners
            .borrow_mut()
            .retain(|(known, _)| *known != id);
    }

    pub(crate) fn contract(&self) -> &Contract {
        &self.contract
    }

    /// Tells the server of a logout that it has not heard of, if there is one.
    pub(crate) fn settle(self: &Rc<Self>) -> Result<Promise, Failure> {
        let owed = self.stored().tombstone.and_then(|logout| logout.owed);
        match owed {
            Some(scope) => self.logout(scope),
            None => Ok(Promise::resolve(&JsValue::UNDEFINED)),
        }
    }

    /// The page is left for a login elsewhere.
    pub(crate) fn redirects(self: &Rc<Self>) -> Result<(), Failure> {
        self.session.borrow_mut().redirects()?;
        self.pump();
        Ok(())
    }

    pub(crate) fn view(&self) -> View {
        self.session.borrow().view(self.clock.now())
    }

    /// Performs what the machine wants done, one effect at a time and with nothing borrowed.
    pub(crate) fn pump(self: &Rc<Self>) {
        // Whoever calls back in while an effect is performed leaves the rest to the loop outside.
        if self.pumping.replace(true) {
            return;
        }
        loop {
            let effect = self.session.borrow_mut().poll_effect();
            match effect {
                Some(effect) => self.perform(effect),
                None => break,
            }
        }
        self.arrived.borrow_mut().clear();
        self.said.replace(None);
        self.pumping.set(false);
        self.set_timer();
    }

    fn set_timer(self: &Rc<Self>) {
        let deadline = self.session.borrow().poll_timeout().map(|(at, _)| at);
        let weak = Rc::downgrade(self);
        self.timer.set(self.clock.now(), deadline, move || {
            if let Some(driver) = weak.upgrade() {
                driver.timer.rang();
                driver.take(Input::Tick);
                driver.pump();
            }
        });
    }

    fn perform(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Send { op, exchange, key } => self.send(op, exchange, key.as_deref()),
            Effect::Lock(op) => {
                if let Some(tabs) = self.tabs.get() {
                    tabs.locks.ask(op);
                }
            }
            Effect::Unlock(op) => {
                if let Some(tabs) = self.tabs.get() {
                    tabs.locks.give_back(op);
                }
            }
            Effect::Post(message) => self.post(&message),
            Effect::Keep(slot, text) => {
                if let Some(storage) = self.storage.get() {
                    storage.keep(slot, text.as_deref());
                }
            }
            Effect::Abort(_) => {
                // At most one exchange is under way, so it is this.
                if let Some(backend) = self.backend() {
                    backend.abort();
                }
            }
            Effect::Adopt {
                from,
                token,
                keep_user,
                expires,
            } => self.adopt(from, token, keep_user, expires),
            Effect::Forget => self.forget(),
            Effect::Wake { op, failure } => {
                if let Some(deferred) = take(&self.waiting, op) {
                    deferred.settle(&self.record(op, failure.map_or(Ok(()), Err)));
                }
            }
            Effect::Done { op, result } => {
                drop(take(&self.credentials, op));
                if let Some(deferred) = take(&self.callers, op) {
                    deferred.settle(&self.record(op, result));
                }
            }
            Effect::Changed => self.tell(Notice::Changed),
            Effect::Report(event) => self.tell(Notice::Happened(event)),
        }
    }

    fn send(self: &Rc<Self>, op: OpId, exchange: Exchange, key: Option<&str>) {
        let credentials = take(&self.credentials, op).unwrap_or_default();
        transport::send(self, op, exchange, &credentials, key);
    }

    pub(crate) fn arrive(&self, op: OpId, brought: JsDocument, from: From) {
        self.arrived.borrow_mut().push((op, brought, from));
    }

    /// What `op` brought, if its effects are being performed.
    pub(crate) fn arrived(&self, op: OpId) -> Option<(JsDocument, From)> {
        let arrived = self.arrived.borrow();
        let (_, document, from) = arrived.iter().find(|(arrived, ..)| *arrived == op)?;
        Some((document.clone(), *from))
    }

    /// A result as those who wait read it: `undefined`, or a failure with what the endpoint said.
    fn record(&self, op: OpId, result: Result<(), Failure>) -> JsValue {
        match result {
            Ok(()) => JsValue::UNDEFINED,
            Err(failure) => {
                // A success that cannot be used may hold a token, which no error carries.
                let refused = failure.status.is_some_and(|status| status >= 400);
                let said = self
                    .arrived(op)
                    .filter(|_| refused)
                    .map(|(arrived, _)| arrived.0);
                error::to_js(failure, &said.unwrap_or_default())
            }
        }
    }

    fn tell(&self, notice: Notice) {
        let listeners = self.listeners.borrow().clone();
        for (_, listener) in listeners {
            listener(notice);
        }
    }
}

/// Takes what is kept under an operation.
fn take<T>(kept: &RefCell<Vec<(OpId, T)>>, op: OpId) -> Option<T> {
    let mut kept = kept.borrow_mut();
    let place = kept.iter().position(|(known, _)| *known == op)?;
    Some(kept.swap_remove(place).1)
}
