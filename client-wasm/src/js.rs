//! The class the npm package is made of. Its methods are synchronous and take `&self`: none holds a
//! borrow while something is awaited. A promise brings `undefined` or a failure's record, never rejects.

use std::rc::Rc;

use evertoken_core::{Duration, Event, Failure, Restore, Scope, View};
use js_sys::{Array, Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::contract;
use crate::driver::{Driver, Notice};
use crate::error;
use crate::setup::Setup;

/// The standard library's allocator is made for more than a page's few small objects, and weighs
/// 2.1 KB of brotli more. A Rust front end chooses its own.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// One client.
#[wasm_bindgen]
pub struct Engine {
    driver: Rc<Driver>,
}

#[wasm_bindgen]
impl Engine {
    /// `given` is read by `js/backend.js` and `js/send.js`. Durations are milliseconds. `tabs`: 0 this is a client of its
    /// own, of which nothing is kept, 1 it is kept, 2 it is one with the other tabs, 3 and they share the access token.
    /// `contract` as `contract.rs` reads it. `changed` is called without arguments, `event` as `(type, first, second)`.
    ///
    /// # Errors
    ///
    /// A failure's record.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::too_many_arguments, reason = "one call into another language")]
    pub fn new(
        given: JsValue,
        restore: u8,
        refresh_buffer: f64,
        request_timeout: f64,
        tabs: u8,
        contract: JsValue,
        changed: Function,
        event: Function,
    ) -> Result<Engine, JsValue> {
        let millis = |ms: f64| Duration::from_millis(ms as u64);
        let setup = Setup {
            given,
            restore: match restore {
                0 => Restore::Never,
                1 => Restore::Hint,
                _ => Restore::Always,
            },
            refresh_buffer: millis(refresh_buffer),
            request_timeout: millis(request_timeout),
            keeps: tabs > 0,
            cross_tab: tabs > 1,
            share_token: tabs > 2,
            contract: contract::read(contract),
        };
        let driver = Driver::new(setup).map_err(record)?;
        let weak = Rc::downgrade(&driver);
        driver.listen(Rc::new(move |notice| {
            // The hooks guard whatever they call themselves, so there is nothing to catch.
            let _ = match notice {
                Notice::Changed => changed.call0(&JsValue::UNDEFINED),
                Notice::Happened(happened) => {
                    let expires_at = weak.upgrade().and_then(|driver| driver.expires_at());
                    let [kind, first, second] = numbers(happened, expires_at);
                    event.call3(
                        &JsValue::UNDEFINED,
                        &kind.into(),
                        &first.into(),
                        &second.into(),
                    )
                }
            };
        }));
        Ok(Self { driver })
    }

    /// Begins, and gives the `Sender` of `js/send.js`. Separate from the constructor, because the hooks are called from
    /// here on.
    pub fn start(&self) -> JsValue {
        let sender = self.driver.sender();
        self.driver.start();
        sender.map_or(JsValue::UNDEFINED, JsValue::from)
    }

    /// Signs in.
    pub fn login(&self, credentials: &JsValue) -> Promise {
        promise(self.driver.login(credentials))
    }

    /// Signs out: 0 here, 1 the others, 2 everywhere.
    pub fn logout(&self, scope: u8) -> Promise {
        promise(self.driver.logout(match scope {
            0 => Scope::Local,
            1 => Scope::Others,
            _ => Scope::Global,
        }))
    }

    /// Takes over a session; returns `undefined` or a failure's record.
    #[wasm_bindgen(js_name = setSession)]
    pub fn set_session(&self, grant: JsValue) -> JsValue {
        self.driver
            .set_session(grant)
            .map_or_else(record, |()| JsValue::UNDEFINED)
    }

    /// Tells the server of a logout that it has not heard of.
    pub fn settle(&self) -> Promise {
        promise(self.driver.settle())
    }

    /// The page is left for a login elsewhere; returns `undefined` or a failure's record.
    pub fn redirects(&self) -> JsValue {
        self.driver
            .redirects()
            .map_or_else(record, |()| JsValue::UNDEFINED)
    }

    /// Ends the client for good.
    pub fn dispose(&self) {
        self.driver.dispose();
    }

    /// 0 restoring, 1 signed out, 2 signing in, 3 signed in, 4 signing out; then the code of what is wrong
    /// while restoring, the reason if signed out, and 1 if signed in and stale; then the token's number. Two
    /// views that are equal look the same.
    pub fn view(&self) -> Array {
        let [status, more, token] = match self.driver.view() {
            View::Restoring { trouble } => [0, trouble.map_or(0, |failure| failure.code as u32), 0],
            View::SignedOut(reason) => [1, reason as u32, 0],
            View::SigningIn => [2, 0, 0],
            View::SignedIn { stale, token, .. } => [3, u32::from(stale), token.get()],
            View::SigningOut => [4, 0, 0],
        };
        Array::of3(&status.into(), &more.into(), &token.into())
    }

    /// Why restoring takes longer than it should: a failure's record, or `undefined`.
    pub fn trouble(&self) -> JsValue {
        match self.driver.view() {
            View::Restoring {
                trouble: Some(failure),
            } => record(failure),
            View::Restoring { trouble: None }
            | View::SignedOut(_)
            | View::SigningIn
            | View::SignedIn { .. }
            | View::SigningOut => JsValue::UNDEFINED,
        }
    }

    /// `[user, claims, expiresAt]` of the present token: when it expires in epoch milliseconds, infinite if that is not
    /// known.
    pub fn user(&self) -> Array {
        let (user, claims) = self.driver.user();
        let expires_at = self.driver.expires_at().unwrap_or(f64::INFINITY);
        Array::of3(&user, &claims, &expires_at.into())
    }
}

fn record(failure: Failure) -> JsValue {
    error::to_js(failure, &JsValue::UNDEFINED)
}

fn promise(begun: Result<Promise, Failure>) -> Promise {
    begun.unwrap_or_else(|failure| Promise::resolve(&record(failure)))
}

/// An event in numbers, as `npm/src/events.ts` reads them.
fn numbers(event: Event, expires_at: Option<f64>) -> [f64; 3] {
    match event {
        Event::Restored => [0.0, 0.0, 0.0],
        Event::SignedIn => [1.0, 0.0, 0.0],
        Event::SignedOut(reason) => [2.0, f64::from(reason as u8), 0.0],
        Event::RefreshStarted { why, attempt } => [3.0, f64::from(why as u8), f64::from(attempt)],
        Event::Refreshed { generation, .. } => [
            4.0,
            expires_at.unwrap_or(f64::INFINITY),
            f64::from(generation),
        ],
        Event::RefreshFailed { failure, retry_in } => [
            5.0,
            f64::from(failure.code as u8),
            retry_in.map_or(-1.0, |wait| wait.as_millis() as f64),
        ],
        Event::Adopted => [6.0, 0.0, 0.0],
        Event::HandedOver => [6.0, 1.0, 0.0],
        Event::LockWaited(waited) => [7.0, waited.as_millis() as f64, 0.0],
    }
}
