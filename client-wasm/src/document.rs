//! A parsed answer, as the core reads it.

use evertoken_core::read::Document;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(module = "/js/platform.js")]
extern "C" {
    fn at(value: &JsValue, path: &str) -> JsValue;
    fn text(value: &JsValue, path: &str) -> Option<String>;
    fn number(value: &JsValue, path: &str) -> f64;
    fn claims(value: &JsValue, path: &str) -> JsValue;
    fn entry(value: &JsValue, path: &str, place: u32, side: u32) -> Option<String>;
    fn grant(token: &str) -> JsValue;
}

/// A JavaScript value seen through dotted paths.
#[derive(Clone, Debug)]
pub(crate) struct JsDocument(pub(crate) JsValue);

impl JsDocument {
    /// The value at `path`; `undefined` if there is none.
    pub(crate) fn at(&self, path: &str) -> JsValue {
        at(&self.0, path)
    }

    /// A grant of nothing but this token, by the names of [`Fields::HANDED_OVER`](evertoken_core::Fields).
    pub(crate) fn of_token(token: &str) -> Self {
        Self(grant(token))
    }

    /// The members of the object at `path`, as texts.
    #[cfg(feature = "js")]
    pub(crate) fn entries(&self, path: &str) -> impl Iterator<Item = (String, String)> {
        (0..).map_while(move |place| {
            let side = |side| entry(&self.0, path, place, side);
            Some((side(0)?, side(1)?))
        })
    }

    /// The claims of the JWT at `path`, or `undefined`.
    pub(crate) fn claims_at(&self, path: &str) -> JsValue {
        claims(&self.0, path)
    }
}

impl Document for JsDocument {
    fn text(&self, path: &str) -> Option<String> {
        text(&self.0, path)
    }

    fn number(&self, path: &str) -> Option<f64> {
        let number = number(&self.0, path);
        (!number.is_nan()).then_some(number)
    }

    fn claims(&self, path: &str) -> Option<Self> {
        let claims = self.claims_at(path);
        (!claims.is_undefined()).then_some(Self(claims))
    }
}
