//! Those who wait. A JavaScript promise is a shared future already: everyone who waits for an operation
//! holds the same one, from Rust or from JavaScript. It is always fulfilled, with `undefined` or with a
//! failure, so that nobody has to catch what somebody else is told.

use js_sys::{Function, Promise};
use wasm_bindgen::JsValue;

#[derive(Debug)]
pub(crate) struct Deferred {
    pub(crate) promise: Promise,
    settle: Option<Function>,
}

impl Deferred {
    pub(crate) fn new() -> Self {
        let mut settle = None;
        let promise = Promise::new(&mut |resolve, _| settle = Some(resolve));
        Self { promise, settle }
    }

    pub(crate) fn settle(self, with: &JsValue) {
        if let Some(settle) = self.settle {
            // The platform's own resolver does not throw.
            let _ = settle.call1(&JsValue::UNDEFINED, with);
        }
    }
}
