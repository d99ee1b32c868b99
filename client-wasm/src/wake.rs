//! What a page goes through: it is left and comes back, goes offline and online, and other tabs store something.

use js_sys::Function;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

#[wasm_bindgen(module = "/js/platform.js")]
extern "C" {
    fn listen(name: &str, told: &Closure<dyn Fn(f64)>) -> Function;
}

/// What happened to the page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Woken {
    /// Another tab stored something.
    Stored,
    Online,
    Offline,
    /// It is being left.
    Left,
    /// It is back from where it was kept.
    Back,
    /// It is looked at again; timers may have been held back meanwhile.
    Seen,
}

#[derive(Debug)]
pub(crate) struct Wake {
    stop: Function,
    _told: Closure<dyn Fn(f64)>,
}

impl Wake {
    pub(crate) fn new(name: &str, told: impl Fn(Woken) + 'static) -> Self {
        let told = Closure::<dyn Fn(f64)>::new(move |what: f64| {
            told(match what as u8 {
                0 => Woken::Stored,
                1 => Woken::Online,
                2 => Woken::Offline,
                3 => Woken::Left,
                4 => Woken::Back,
                _ => Woken::Seen,
            });
        });
        Self {
            stop: listen(name, &told),
            _told: told,
        }
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        // It removes listeners, which never throws.
        let _ = self.stop.call0(&JsValue::UNDEFINED);
    }
}
