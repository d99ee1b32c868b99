//! Reads the browser's two clocks; the core makes one time line of them.

use std::cell::RefCell;

use evertoken_core::Instant;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    // Not through `Window`: workers have it too.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

#[derive(Debug)]
pub(crate) struct Clock(RefCell<evertoken_core::Clock>);

impl Clock {
    pub(crate) fn new() -> Self {
        let clock = evertoken_core::Clock::new(performance_now(), js_sys::Date::now());
        Self(RefCell::new(clock))
    }

    pub(crate) fn now(&self) -> Instant {
        self.0
            .borrow_mut()
            .now(performance_now(), js_sys::Date::now())
    }
}

/// Now, in epoch milliseconds. For people to read; nothing is decided by it.
pub(crate) fn wall() -> f64 {
    js_sys::Date::now()
}
