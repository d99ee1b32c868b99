//! What this browser keeps from one start to the next, under the refresh endpoint's address.

use evertoken_core::Record;
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
    name: String,
}

impl Storage {
    pub(crate) fn new(refresh_url: &str) -> Self {
        Self {
            name: ["evertoken:", refresh_url].concat(),
        }
    }

    pub(crate) fn remembered(&self) -> Option<Record> {
        Record::parse(&kept(&self.name)?)
    }

    pub(crate) fn remember(&self, record: Option<&Record>) {
        keep(&self.name, record.map(Record::to_text).as_deref());
    }
}
