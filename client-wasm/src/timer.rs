//! The one timer of a session.
//!
//! `gloo-timers`, which has a closure of a kind that nothing else here needs, weighs 0.3 KB of brotli more.

use std::cell::RefCell;

use evertoken_core::Instant;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

#[wasm_bindgen]
extern "C" {
    // Not through `Window`: workers have them too. What names a timeout is a number, but in Node.
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(ring: &Closure<dyn Fn(f64)>, wait: u32) -> JsValue;

    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timeout: &JsValue);
}

/// Browsers keep a delay in 32 signed bits and fire at once for more. A longer wait is cut here; the
/// early wake-up sets the next.
const LONGEST: u64 = i32::MAX as u64;

#[derive(Debug, Default)]
pub(crate) struct Timer(RefCell<Option<(Instant, Timeout)>>);

impl Timer {
    /// Rings at `deadline`, or never; the ring before is cancelled. `ring` must call [`Timer::rang`].
    pub(crate) fn set(&self, now: Instant, deadline: Option<Instant>, ring: impl Fn() + 'static) {
        let mut timer = self.0.borrow_mut();
        if timer.as_ref().map(|(at, _)| *at) == deadline {
            return;
        }
        *timer = deadline.map(|at| {
            let wait = at.as_millis().saturating_sub(now.as_millis());
            // A wake-up just before its deadline would only set the timer again.
            let wait = (wait + 1).min(LONGEST) as u32;
            (at, Timeout::new(wait, ring))
        });
    }

    /// It rang; whatever is due next has to be set anew.
    pub(crate) fn rang(&self) {
        self.0.replace(None);
    }
}

#[derive(Debug)]
struct Timeout {
    id: JsValue,
    _ring: Closure<dyn Fn(f64)>,
}

impl Timeout {
    fn new(wait: u32, ring: impl Fn() + 'static) -> Self {
        let ring = Closure::<dyn Fn(f64)>::new(move |_| ring());
        Self {
            id: set_timeout(&ring, wait),
            _ring: ring,
        }
    }
}

impl Drop for Timeout {
    fn drop(&mut self) {
        // Nothing happens to one that rang.
        clear_timeout(&self.id);
    }
}
