//! Makes a client of what it was given.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use evertoken_core::{
    Code, Config, Contract, Duration, Failure, Forbidden, Renewal, Restore, Session,
};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;

use crate::backend::Backend;
use crate::channel;
use crate::clock::Clock;
use crate::document::JsDocument;
use crate::driver::Driver;
use crate::error;
use crate::send::{self, Sender};
use crate::storage::{self, Storage};
use crate::tabs::Neighbours;
use crate::timer::Timer;

/// What a client is made of.
#[derive(Debug)]
pub(crate) struct Setup {
    /// What JavaScript reads: `Given` of `js/backend.js`.
    pub(crate) given: JsValue,
    pub(crate) restore: Restore,
    pub(crate) refresh_buffer: Duration,
    pub(crate) request_timeout: Duration,
    /// Whether anything is kept from one start to the next.
    pub(crate) keeps: bool,
    /// Whether the tabs of the origin are one client, and whether they share the access token.
    pub(crate) cross_tab: bool,
    pub(crate) share_token: bool,
    pub(crate) contract: Contract,
}

/// What `js/send.js` calls. They hold the driver weakly, since it holds them.
pub(crate) type Closures = (
    Closure<dyn Fn(f64) -> f64>,
    Closure<dyn Fn() -> JsValue>,
    Closure<dyn Fn(JsValue)>,
);

impl Driver {
    pub(crate) fn new(setup: Setup) -> Result<Rc<Self>, Failure> {
        let contract = &setup.contract;
        let given = JsDocument(setup.given);
        // With its refresh token in memory a tab has a session of its own, of which no other knows.
        let is_own = contract.fields.refresh_token.is_some() && given.at("storage").is_undefined();
        let cross_tab = setup.cross_tab && !is_own;
        let config = Config {
            restore: if is_own {
                Restore::Never
            } else {
                setup.restore
            },
            random_keys: contract.idempotency_key || send::is_own_origin(&given.at("baseUrl")),
            refresh_buffer: setup.refresh_buffer,
            request_timeout: setup.request_timeout,
            renews: contract.renewal != Renewal::ResponseHeader,
            tells: contract.refresh().is_some(),
            channel: cross_tab && channel::exists(),
        };
        // An address that is none, or no `fetch`.
        let wrong = |_| Failure::new(Code::InvalidArgument);
        let backend = Backend::new(&given.0, contract.cookies as u8).map_err(wrong)?;
        let endpoint = contract.refresh().unwrap_or(&contract.login);
        let storage = if !setup.keeps || is_own {
            Storage::nowhere()
        } else {
            Storage::new(&backend.address(&endpoint.path))
        };
        let driver = Rc::new(Self {
            session: RefCell::new(Session::new(config, storage::seed().to_bits())),
            clock: Clock::new(),
            timer: Timer::default(),
            backend: RefCell::new(None),
            sender: RefCell::new(None),
            closures: OnceCell::new(),
            storage: OnceCell::new(),
            tabs: OnceCell::new(),
            said: RefCell::new(None),
            shares_token: setup.share_token,
            pumping: Cell::new(false),
            disposed: Cell::new(false),
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
        let bound = setup.request_timeout.as_millis() as f64;
        let (sender, closures) = driver
            .make_sender(&backend, &given.0, bound)
            .map_err(wrong)?;
        let _ = driver
            .tabs
            .set(Neighbours::new(&driver, storage.name(), cross_tab));
        let _ = driver.storage.set(storage);
        let _ = driver.closures.set(closures);
        driver.backend.replace(Some(backend));
        driver.sender.replace(Some(sender));
        Ok(driver)
    }

    fn make_sender(
        self: &Rc<Self>,
        backend: &Backend,
        given: &JsValue,
        bound: f64,
    ) -> Result<(Sender, Closures), JsValue> {
        let weak = Rc::downgrade(self);
        let ask = Closure::<dyn Fn(f64) -> f64>::new({
            let weak = Weak::clone(&weak);
            move |rejected| {
                weak.upgrade()
                    .map_or(send::REFUSED, |driver| driver.ask(rejected))
            }
        });
        let told = Closure::<dyn Fn(JsValue)>::new({
            let weak = Weak::clone(&weak);
            move |said| {
                if let Some(driver) = weak.upgrade() {
                    driver.told(said);
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
        let sender = Sender::new(backend, given, bound, watch, &ask, &pending, &told)?;
        for endpoint in self.contract.endpoints() {
            sender.exempt(&endpoint.method, &backend.address(&endpoint.path));
        }
        Ok((sender, (ask, pending, told)))
    }
}
