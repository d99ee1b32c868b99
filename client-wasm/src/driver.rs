//! Feeds the machine and performs what it wants done.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use evertoken_core::read;
use evertoken_core::{
    Code, Contract, Effect, Event, Exchange, Failure, Fields, Input, OpId, Outcome, Scope, Session,
    Stored, View,
};
use js_sys::Promise;
use wasm_bindgen::JsValue;

use crate::backend::Backend;
use crate::channel::Said;
use crate::clock::{self, Clock};
use crate::document::JsDocument;
use crate::error;
use crate::present::Present;
use crate::promise::Deferred;
use crate::send::{self, Sender};
use crate::setup::Closures;
use crate::storage::Storage;
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

/// Those who wait for an operation.
type Waiting = (OpId, Deferred);

pub(crate) struct Driver {
    pub(crate) session: RefCell<Session>,
    pub(crate) clock: Clock,
    pub(crate) timer: Timer,
    pub(crate) contract: Contract,
    /// These two are given up when the client ends: what they hold holds JavaScript's side of this client.
    pub(crate) backend: RefCell<Option<Backend>>,
    pub(crate) sender: RefCell<Option<Sender>>,
    /// What the sender calls.
    pub(crate) closures: OnceCell<Closures>,
    pub(crate) storage: OnceCell<Storage>,
    pub(crate) tabs: OnceCell<Neighbours>,
    /// What another tab said, while its effects are being performed.
    pub(crate) said: RefCell<Option<Said>>,
    pub(crate) shares_token: bool,
    pub(crate) pumping: Cell<bool>,
    pub(crate) disposed: Cell<bool>,
    pub(crate) present: RefCell<Option<Present>>,
    /// What operations brought whose effects are being performed.
    pub(crate) arrived: RefCell<Vec<Arrival>>,
    /// The last operation that somebody waits for who wants a session.
    pub(crate) wanted: Cell<Option<OpId>>,
    /// Those who wait for an operation that concerns everybody.
    pub(crate) waiting: RefCell<Vec<Waiting>>,
    /// Those who called `login` or `logout`.
    pub(crate) callers: RefCell<Vec<Waiting>>,
    /// What a login that waits its turn will send.
    pub(crate) credentials: RefCell<Vec<(OpId, JsValue)>>,
    /// What `ask` could not say with a number.
    pub(crate) pending: RefCell<JsValue>,
    pub(crate) listeners: RefCell<Vec<(u32, Listener)>>,
    pub(crate) last_listener: Cell<u32>,
}

impl Driver {
    /// Begins: looks for a session from last time, if it should.
    pub(crate) fn start(self: &Rc<Self>) {
        let now = self.clock.now();
        self.session.borrow_mut().start(now, self.stored());
        self.pump();
    }

    pub(crate) fn sender(&self) -> Option<Sender> {
        self.sender.borrow().clone()
    }

    pub(crate) fn backend(&self) -> Option<Backend> {
        self.backend.borrow().clone()
    }

    /// The promise that everybody who waits for `op` holds.
    pub(crate) fn shared(&self, op: OpId) -> Promise {
        promised(&self.waiting, op)
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
        self.disposed.set(true);
        self.pump();
    }

    /// Lets go of all that is JavaScript's, once the last effect is performed.
    fn leave(&self) {
        if let Some(tabs) = self.tabs.get() {
            tabs.leave();
        }
        self.listeners.borrow_mut().clear();
        self.credentials.borrow_mut().clear();
        if let Some(backend) = self.backend.replace(None) {
            backend.leave();
        }
        self.sender.replace(None);
    }

    fn called(self: &Rc<Self>, op: OpId) -> Promise {
        let promise = promised(&self.callers, op);
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
        if self.disposed.get() {
            self.leave();
        }
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
                self.conclude(&self.waiting, op, failure);
            }
            Effect::Done { op, result } => {
                drop(take(&self.credentials, op));
                self.conclude(&self.callers, op, result.err());
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

    /// Tells those who wait for `op`: `undefined`, or a failure with what the endpoint said.
    fn conclude(&self, waiting: &RefCell<Vec<Waiting>>, op: OpId, failure: Option<Failure>) {
        let Some(deferred) = take(waiting, op) else {
            return;
        };
        deferred.settle(&match failure {
            None => JsValue::UNDEFINED,
            Some(failure) => {
                let said = self.arrived(op).map(|(arrived, _)| arrived.0);
                error::to_js(failure, &said.unwrap_or_default())
            }
        });
    }

    fn tell(&self, notice: Notice) {
        let listeners = self.listeners.borrow().clone();
        for (_, listener) in listeners {
            listener(notice);
        }
    }
}

/// The promise under an operation, which is made for the first who wants it.
fn promised(waiting: &RefCell<Vec<Waiting>>, op: OpId) -> Promise {
    let mut waiting = waiting.borrow_mut();
    if let Some((_, deferred)) = waiting.iter().find(|(waited, _)| *waited == op) {
        return deferred.promise();
    }
    let deferred = Deferred::new();
    let promise = deferred.promise();
    waiting.push((op, deferred));
    promise
}

/// Takes what is kept under an operation.
fn take<T>(kept: &RefCell<Vec<(OpId, T)>>, op: OpId) -> Option<T> {
    let mut kept = kept.borrow_mut();
    let place = kept.iter().position(|(known, _)| *known == op)?;
    Some(kept.swap_remove(place).1)
}
