//! A parsed answer, as the core reads it.

use evertoken_core::read::Document;
use js_sys::{JsString, Reflect};
use wasm_bindgen::{JsCast, JsValue};

use crate::send;

/// A JavaScript value seen through dotted paths.
#[derive(Clone, Debug)]
pub(crate) struct JsDocument(pub(crate) JsValue);

impl JsDocument {
    /// The value at `path`; `undefined` if there is none.
    pub(crate) fn at(&self, path: &str) -> JsValue {
        let mut value = self.0.clone();
        for name in path.split('.') {
            // Only own, enumerable JSON can be here, but a getter that throws must not hurt.
            value = Reflect::get(&value, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED);
        }
        value
    }

    /// The claims of the JWT at `path`, or `undefined`.
    pub(crate) fn claims_at(&self, path: &str) -> JsValue {
        match self.at(path).dyn_into::<JsString>() {
            Ok(token) => send::claims(&token),
            Err(_) => JsValue::UNDEFINED,
        }
    }
}

impl Document for JsDocument {
    fn text(&self, path: &str) -> Option<String> {
        let value = self.at(path);
        if value.as_f64().is_some() {
            // An id may be a number; JavaScript writes it, which is 8 KB less than Rust would be.
            return js_sys::Number::from(value)
                .to_string_with_radix(10)
                .ok()
                .map(String::from);
        }
        value.as_string()
    }

    fn number(&self, path: &str) -> Option<f64> {
        let value = self.at(path);
        let number = match value.dyn_ref::<JsString>() {
            Some(text) if text.trim().length() > 0 => js_sys::Number::from(value).value_of(),
            Some(_) => return None,
            None => value.as_f64()?,
        };
        (!number.is_nan()).then_some(number)
    }

    fn claims(&self, path: &str) -> Option<Self> {
        let claims = self.claims_at(path);
        claims.is_object().then_some(Self(claims))
    }
}
