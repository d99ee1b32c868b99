//! What this browser keeps from one start to the next, under the refresh endpoint's address.

use evertoken_core::{Slot, Stored};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/platform.js")]
extern "C" {
    fn kept(name: &str) -> Option<String>;

    fn keep(name: &str, text: Option<&str>);

    /// Randomness for jitter and keys.
    pub(crate) fn seed() -> f64;
}

#[derive(Debug)]
pub(crate) struct Storage {
    /// What all that is kept begins with; empty for a session that no other tab knows of, of which nothing is kept.
    name: String,
}

impl Storage {
    pub(crate) fn new(refresh_url: &str) -> Self {
        let mut name = String::from("evertoken:");
        name.push_str(refresh_url);
        Self { name }
    }

    /// Keeps nothing.
    pub(crate) const fn nowhere() -> Self {
        Self {
            name: String::new(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Everything that is kept.
    pub(crate) fn stored(&self) -> Stored {
        Stored::read(|slot| kept(&self.name_of(slot)?))
    }

    pub(crate) fn keep(&self, slot: Slot, text: Option<&str>) {
        if let Some(name) = self.name_of(slot) {
            keep(&name, text);
        }
    }

    fn name_of(&self, slot: Slot) -> Option<String> {
        let mut name = self.name.clone();
        name.push_str(slot.name());
        (!self.name.is_empty()).then_some(name)
    }
}
