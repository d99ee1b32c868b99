//! The lock that all tabs share (Web Locks API). Where there is none it is held at once.

use std::cell::RefCell;

use evertoken_core::OpId;
use js_sys::Function;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

#[wasm_bindgen(module = "/js/platform.js")]
extern "C" {
    fn lock(name: &str, op: f64, held: &Closure<dyn Fn(f64)>) -> Function;
}

#[derive(Debug)]
pub(crate) struct Locks {
    /// Empty where nobody else is asked.
    name: String,
    held: Closure<dyn Fn(f64)>,
    /// The lock that was asked for, and what gives it back.
    asked: RefCell<Option<(OpId, Function)>>,
}

impl Locks {
    /// `held` is called with the operation whose lock is held.
    pub(crate) fn new(name: String, held: impl Fn(OpId) + 'static) -> Self {
        Self {
            name,
            held: Closure::new(move |op| {
                if let Some(op) = OpId::from_number(op as u32) {
                    held(op);
                }
            }),
            asked: RefCell::new(None),
        }
    }

    pub(crate) fn ask(&self, op: OpId) {
        let give_back = lock(&self.name, f64::from(op.get()), &self.held);
        self.asked.replace(Some((op, give_back)));
    }

    pub(crate) fn give_back(&self, op: OpId) {
        let asked = self.asked.borrow_mut().take_if(|(asked, _)| *asked == op);
        if let Some((_, give_back)) = asked {
            // It settles a promise and aborts a wait; neither throws.
            let _ = give_back.call0(&JsValue::UNDEFINED);
        }
    }
}
