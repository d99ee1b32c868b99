//! Those who wait. A JavaScript promise is a shared future already: everyone who waits for an operation
//! holds the same one, from Rust or from JavaScript. It is always fulfilled, with `undefined` or with a
//! failure, so that nobody has to catch what somebody else is told.

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/platform.js")]
extern "C" {
    #[derive(Debug)]
    pub(crate) type Deferred;

    #[wasm_bindgen(constructor)]
    pub(crate) fn new() -> Deferred;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn promise(this: &Deferred) -> Promise;

    #[wasm_bindgen(method)]
    pub(crate) fn settle(this: &Deferred, with: &JsValue);
}
