//! The bindings to `js/backend.js`.

use js_sys::{Function, Object, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/backend.js")]
extern "C" {
    #[derive(Clone, Debug)]
    pub(crate) type Backend;

    #[wasm_bindgen(constructor, catch)]
    pub(crate) fn new(given: &JsValue, credentials: u8) -> Result<Backend, JsValue>;

    /// Where an auth endpoint is.
    #[wasm_bindgen(method)]
    pub(crate) fn address(this: &Backend, path: &str) -> String;

    /// Brings the answer as a record that `transport.rs` reads, or `undefined`.
    #[wasm_bindgen(method)]
    pub(crate) fn exchange(
        this: &Backend,
        method: &str,
        path: &str,
        kind: u8,
        form: &Form,
        token: Option<&str>,
        key: Option<&str>,
        lasts: bool,
    ) -> Promise;

    #[wasm_bindgen(method)]
    pub(crate) fn abort(this: &Backend);

    #[wasm_bindgen(method, getter, js_name = signsIn)]
    pub(crate) fn signs_in(this: &Backend) -> bool;

    #[wasm_bindgen(method)]
    pub(crate) fn credentials(this: &Backend) -> Promise;

    #[wasm_bindgen(method)]
    pub(crate) fn leave(this: &Backend);

    #[wasm_bindgen(method)]
    pub(crate) fn keep(this: &Backend, token: &JsValue) -> Promise;

    #[wasm_bindgen(method)]
    pub(crate) fn replace(this: &Backend, token: &JsValue) -> Promise;

    #[wasm_bindgen(method, js_name = handOver)]
    pub(crate) fn hand_over(this: &Backend, token: &JsValue);

    /// What a Rust front end gives.
    pub(crate) fn given(
        base_url: &str,
        allowed_origins: Vec<String>,
        fetch: Option<Function>,
        storage: Option<Object>,
        reauthenticate: Option<Function>,
    ) -> JsValue;

    /// What goes into a request's body.
    pub(crate) type Form;

    #[wasm_bindgen(constructor)]
    pub(crate) fn new(json: &JsValue) -> Form;

    #[wasm_bindgen(method)]
    pub(crate) fn rename(this: &Form, from: &str, to: &str);

    #[wasm_bindgen(method)]
    pub(crate) fn preset(this: &Form, name: &str, value: &str);
}
