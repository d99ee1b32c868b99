//! Feeds the machine and performs what it wants done.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use evertoken_core::{
    Access, Code, Config, Contract, Effect, Event, Failure, Input, Instant, OpId, Outcome, Scope,
    Session, TokenId, View,
};
use js_sys::{Array, JsString, Promise, Reflect};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Url;

use crate::clock::{self, Clock};
use crate::error;
use crate::options::Options;
use crate::promise::Deferred;
use crate::send::{self, Sender};
use crate::timer::Timer;
use crate::transport::{Arrived, Transport, login_body, read_grant};

/// What listeners are told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Notice {
    Changed,
    Happened(Event),
}

type Listener = Rc<dyn Fn(Notice)>;

/// What came with the present token, which `js/send.js` has.
#[derive(Clone, Debug)]
struct Present {
    user: JsValue,
    claims: JsValue,
    /// Epoch milliseconds.
    expires_at: Option<f64>,
}

/// JavaScript's own hooks into what `js/send.js` does.
#[derive(Debug, Default)]
pub(crate) struct Hooks {
    pub(crate) note: JsValue,
    pub(crate) error: JsValue,
}

pub(crate) struct Driver {
    session: RefCell<Session>,
    clock: Clock,
    timer: Timer,
    pub(crate) transport: Transport,
    sender: OnceCell<(Sender, Closures)>,
    pumping: Cell<bool>,
    present: RefCell<Option<Present>>,
    /// The answer whose effects are being performed.
    arrived: RefCell<Option<Arrived>>,
    /// Those who wait for an operation that concerns everybody.
    waiting: RefCell<Vec<(OpId, Deferred)>>,
    /// Those who called `login` or `logout`.
    callers: RefCell<Vec<(OpId, Deferred)>>,
    /// What a login that waits its turn will send.
    credentials: RefCell<Vec<(OpId, JsValue)>>,
    /// What `ask` could not say with a number.
    pending: RefCell<JsValue>,
    /// The operation of the first look for a session.
    first: Cell<Option<OpId>>,
    listeners: RefCell<Vec<(u32, Listener)>>,
    last_listener: Cell<u32>,
}

/// What `js/send.js` calls. They hold the driver weakly, since it holds them.
type Closures = (Closure<dyn Fn(f64) -> f64>, Closure<dyn Fn() -> JsValue>);

impl Driver {
    pub(crate) fn new(options: Options, hooks: &Hooks) -> Result<Rc<Self>, Failure> {
        let wrong = |_| Failure::new(Code::InvalidArgument);
        let base = Url::new(&options.base_url).map_err(wrong)?;
        if !base.protocol().starts_with("http") {
            return Err(Failure::new(Code::InvalidArgument));
        }
        let origins = Array::new();
        if options.allowed_origins.is_empty() {
            origins.push(&base.origin().into());
        }
        for origin in &options.allowed_origins {
            origins.push(&Url::new(origin).map_err(wrong)?.origin().into());
        }
        let fetch = match options.fetch {
            Some(fetch) => fetch,
            None => Reflect::get(&js_sys::global(), &"fetch".into())
                .and_then(JsCast::dyn_into)
                .map_err(wrong)?,
        };
        let path = base.pathname();
        let prefix = [&base.origin(), path.trim_end_matches('/')].concat();
        let config = Config {
            contract: Contract::ROTATION,
            restore: options.restore,
            refresh_buffer: options.refresh_buffer,
            request_timeout: options.request_timeout,
        };
        let bound = options.request_timeout.as_secs_f64() * 1_000.0;
        let transport = Transport::new(fetch, prefix, Contract::ROTATION);
        let driver = Rc::new(Self {
            session: RefCell::new(Session::new(config, js_sys::Math::random().to_bits())),
            clock: Clock::new(),
            timer: Timer::default(),
            transport,
            sender: OnceCell::new(),
            pumping: Cell::new(false),
            present: RefCell::new(None),
            arrived: RefCell::new(None),
            waiting: RefCell::new(Vec::new()),
            callers: RefCell::new(Vec::new()),
            credentials: RefCell::new(Vec::new()),
            pending: RefCell::new(JsValue::UNDEFINED),
            first: Cell::new(None),
            listeners: RefCell::new(Vec::new()),
            last_listener: Cell::new(0),
        });
        let sender = driver
            .make_sender(&base, &origins, bound, hooks)
            .map_err(wrong)?;
        let _ = driver.sender.set(sender);
        Ok(driver)
    }

    fn make_sender(
        self: &Rc<Self>,
        base: &Url,
        origins: &Array,
        bound: f64,
        hooks: &Hooks,
    ) -> Result<(Sender, Closures), JsValue> {
        let weak = Rc::downgrade(self);
        let ask = Closure::<dyn Fn(f64) -> f64>::new({
            let weak = Weak::clone(&weak);
            move |rejected| {
                weak.upgrade()
                    .map_or(send::REFUSED, |driver| driver.ask(rejected))
            }
        });
        let pending = Closure::<dyn Fn() -> JsValue>::new(move || match weak.upgrade() {
            Some(driver) => driver.pending.replace(JsValue::UNDEFINED),
            None => error::to_js(Failure::new(Code::Disposed), &JsValue::UNDEFINED),
        });
        let endpoints: Array = self.transport.endpoints().map(JsValue::from).collect();
        let sender = Sender::new(
            self.transport.fetch(),
            &base.href(),
            origins,
            &endpoints,
            bound,
            &ask,
            &pending,
            &hooks.note,
            &hooks.error,
        )?;
        Ok((sender, (ask, pending)))
    }

    /// Begins: looks for a session from last time, if it should.
    pub(crate) fn start(self: &Rc<Self>) {
        let op = self.session.borrow_mut().start(self.clock.now());
        self.first.set(op);
        if let Some(op) = op {
            drop(self.shared(op));
        }
        self.pump();
    }

    /// A promise of the first conclusion about the session from last time.
    pub(crate) fn ready(&self) -> Promise {
        let known = |op: &OpId| {
            let waiting = self.waiting.borrow();
            waiting
                .iter()
                .find(|(waited, _)| waited == op)
                .map(|(_, d)| d.promise.clone())
        };
        // An operation nobody can wait for any more is over.
        let first = self.first.get().as_ref().and_then(known);
        first.unwrap_or_else(|| Promise::resolve(&JsValue::UNDEFINED))
    }

    pub(crate) fn sender(&self) -> Option<&Sender> {
        self.sender.get().map(|(sender, _)| sender)
    }

    /// May a request go? For `js/send.js`, in numbers.
    fn ask(self: &Rc<Self>, rejected: f64) -> f64 {
        let now = self.clock.now();
        let access = {
            let mut session = self.session.borrow_mut();
            if rejected == send::RENEW {
                session.refresh(now)
            } else {
                session.authorize(now, TokenId::from_number(rejected as u32))
            }
        };
        let (answer, pending) = match access {
            Access::Use(token) => return f64::from(token.get()),
            Access::Replaced => return send::REPLACED,
            // Before anything is performed: a listener may end the operation at once.
            Access::Wait(op) => (send::WAIT, self.shared(op).into()),
            Access::Refused(failure) => (send::REFUSED, error::to_js(failure, &JsValue::UNDEFINED)),
        };
        self.pump();
        self.pending.replace(pending);
        answer
    }

    /// The promise that everybody who waits for `op` holds.
    fn shared(&self, op: OpId) -> Promise {
        let mut waiting = self.waiting.borrow_mut();
        if let Some((_, deferred)) = waiting.iter().find(|(waited, _)| *waited == op) {
            return deferred.promise.clone();
        }
        let deferred = Deferred::new();
        let promise = deferred.promise.clone();
        waiting.push((op, deferred));
        promise
    }

    /// Signs in. The promise brings `undefined`, or a failure's record.
    pub(crate) fn login(self: &Rc<Self>, credentials: &JsValue) -> Result<Promise, Failure> {
        let wrong = |_| Failure::new(Code::InvalidArgument);
        let body = login_body(credentials).map_err(wrong)?;
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
        let (granted, arrived) = read_grant(grant).map_err(|failure| Failure {
            code: Code::InvalidArgument,
            ..failure
        })?;
        let op = self
            .session
            .borrow_mut()
            .set_session(self.clock.now(), granted)?;
        *self.arrived.borrow_mut() = Some(arrived(op));
        self.pump();
        self.arrived.replace(None);
        Ok(())
    }

    pub(crate) fn dispose(self: &Rc<Self>) {
        self.session.borrow_mut().dispose();
        self.pump();
        self.listeners.borrow_mut().clear();
        self.credentials.borrow_mut().clear();
    }

    fn called(self: &Rc<Self>, op: OpId) -> Promise {
        let promise = {
            let mut callers = self.callers.borrow_mut();
            match callers.iter().find(|(called, _)| *called == op) {
                Some((_, deferred)) => deferred.promise.clone(),
                None => {
                    let deferred = Deferred::new();
                    let promise = deferred.promise.clone();
                    callers.push((op, deferred));
                    promise
                }
            }
        };
        self.pump();
        promise
    }

    /// An exchange ended.
    pub(crate) fn answer(self: &Rc<Self>, op: OpId, outcome: Outcome, arrived: Option<Arrived>) {
        let now = self.clock.now();
        self.session
            .borrow_mut()
            .handle(now, Input::Answer { op, outcome });
        *self.arrived.borrow_mut() = arrived;
        self.pump();
        self.arrived.replace(None);
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

    pub(crate) fn view(&self) -> View {
        self.session.borrow().view(self.clock.now())
    }

    /// The present token's user as the backend described them, and the token's claims.
    pub(crate) fn user(&self) -> (JsValue, JsValue) {
        let present = self.present.borrow();
        let values = present.as_ref().map(|p| (p.user.clone(), p.claims.clone()));
        values.unwrap_or_default()
    }

    /// When the present token expires, in epoch milliseconds.
    pub(crate) fn expires_at(&self) -> Option<f64> {
        self.present.borrow().as_ref()?.expires_at
    }

    /// Performs what the machine wants done, one effect at a time and with nothing borrowed.
    fn pump(self: &Rc<Self>) {
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
        self.pumping.set(false);
        self.set_timer();
    }

    fn set_timer(self: &Rc<Self>) {
        let deadline = self.session.borrow().poll_timeout().map(|(at, _)| at);
        let weak = Rc::downgrade(self);
        self.timer.set(self.clock.now(), deadline, move || {
            if let Some(driver) = weak.upgrade() {
                driver.timer.rang();
                let now = driver.clock.now();
                driver.session.borrow_mut().handle(now, Input::Tick);
                driver.pump();
            }
        });
    }

    fn perform(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Send { op, exchange } => {
                let credentials = take(&self.credentials, op);
                Transport::send(self, op, exchange, credentials);
            }
            Effect::Abort(op) => self.transport.abort(op),
            Effect::Adopt {
                op,
                token,
                keep_user,
                expires,
            } => self.adopt(op, token, keep_user, expires),
            Effect::Forget => {
                self.present.replace(None);
                self.hand_over(&JsString::from(""), 0.0);
            }
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

    fn adopt(&self, op: OpId, token: TokenId, keep_user: bool, expires: Option<Instant>) {
        let arrived = self.arrived.borrow().clone();
        let Some(arrived) = arrived.filter(|arrived| arrived.op == op) else {
            return;
        };
        let now = self.clock.now();
        let expires_at = expires.map(|at| {
            let ahead = at.as_millis() as f64 - now.as_millis() as f64;
            clock::wall() + ahead
        });
        self.hand_over(&arrived.token, f64::from(token.get()));
        let mut present = self.present.borrow_mut();
        let before = present
            .take()
            .filter(|_| keep_user)
            .map(|present| present.user);
        *present = Some(Present {
            user: if arrived.user.is_object() {
                arrived.user
            } else {
                before.unwrap_or_default()
            },
            claims: arrived.claims,
            expires_at,
        });
    }

    fn hand_over(&self, token: &JsString, number: f64) {
        if let Some(sender) = self.sender() {
            sender.adopt(token, number);
        }
    }

    /// A result as those who wait read it: `undefined`, or a failure with what the endpoint said.
    fn record(&self, op: OpId, result: Result<(), Failure>) -> JsValue {
        let Err(failure) = result else {
            return JsValue::UNDEFINED;
        };
        let arrived = self.arrived.borrow();
        let said = arrived.as_ref().filter(|arrived| arrived.op == op);
        error::to_js(
            failure,
            said.map_or(&JsValue::UNDEFINED, |arrived| &arrived.said),
        )
    }

    fn tell(&self, notice: Notice) {
        let listeners: Vec<Listener> = {
            let listeners = self.listeners.borrow();
            listeners
                .iter()
                .map(|(_, listener)| Rc::clone(listener))
                .collect()
        };
        for listener in listeners {
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
