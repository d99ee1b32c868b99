//! The bindings to `js/send.js`.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

use crate::backend::Backend;

/// What `ask` answers where a token's number cannot be given.
pub(crate) const WAIT: f64 = 0.0;
pub(crate) const REFUSED: f64 = -1.0;
pub(crate) const REPLACED: f64 = -2.0;
/// What `ask` is asked where no token was refused: renew now.
pub(crate) const RENEW: f64 = -1.0;
/// And: is there a session?
pub(crate) const LOOK: f64 = -3.0;
/// What answers may say of the session.
pub(crate) const REFUSALS: u8 = 1;
pub(crate) const RENEWALS: u8 = 2;

#[wasm_bindgen(module = "/js/send.js")]
extern "C" {
    #[derive(Clone, Debug)]
    pub(crate) type Sender;

    #[wasm_bindgen(constructor, catch)]
    pub(crate) fn new(
        backend: &Backend,
        given: &JsValue,
        bound: f64,
        watch: u8,
        ask: &Closure<dyn Fn(f64) -> f64>,
        pending: &Closure<dyn Fn() -> JsValue>,
        told: &Closure<dyn Fn(JsValue)>,
    ) -> Result<Sender, JsValue>;

    #[wasm_bindgen(method)]
    pub(crate) fn exempt(this: &Sender, method: &str, url: &str);

    #[wasm_bindgen(method)]
    pub(crate) fn adopt(this: &Sender, token: &JsValue, number: f64);

    #[wasm_bindgen(method)]
    pub(crate) fn fetch(this: &Sender, input: &JsValue) -> Promise;

    #[wasm_bindgen(method)]
    pub(crate) fn token(this: &Sender, rejected: Option<&str>) -> Promise;

    #[wasm_bindgen(method)]
    pub(crate) fn refresh(this: &Sender) -> Promise;

    #[wasm_bindgen(method)]
    pub(crate) fn settled(this: &Sender) -> Promise;

    /// A failure as a JavaScript record.
    pub(crate) fn failure(
        code: u8,
        detail: u8,
        status: u16,
        retry_after: f64,
        said: &JsValue,
    ) -> JsValue;

    /// Whether a backend is the page's own origin.
    #[wasm_bindgen(js_name = isOwnOrigin)]
    pub(crate) fn is_own_origin(base: &JsValue) -> bool;

    /// JSON, or `undefined`.
    pub(crate) fn stringify(value: &JsValue) -> JsValue;
}
