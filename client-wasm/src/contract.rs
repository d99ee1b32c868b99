//! A contract as JavaScript hands it over: whole, with every default filled in.
//!
//! The presets are data, and JavaScript's data weighs less in JavaScript (`npm/src/presets.json`). A Rust front end has
//! the same ones as constants of [`Contract`]; a test keeps the two equal (`tests/tests/presets.rs`).

use evertoken_core::read::Document;
use evertoken_core::{Body, Contract, Cookies, Endpoint, Fields, Forbidden, Renewal, Text};
use wasm_bindgen::JsValue;

use crate::document::JsDocument;

/// Reads what `npm/src/contract.ts` made. What is missing is as good as empty: it has been checked there.
pub(crate) fn read(given: JsValue) -> Contract {
    let given = JsDocument(given);
    let text = |path: &str| given.text(path).map(Text::from);
    let fields = Fields {
        access_token: text("fields.accessToken").unwrap_or_default(),
        expires_in: text("fields.expiresIn"),
        expires_at: text("fields.expiresAt"),
        refresh_token: text("fields.refreshToken"),
        refresh_key: text("fields.refreshKey"),
        user: text("fields.user"),
    };
    let renewal = match (given.number("renewal"), endpoint(&given, "refresh")) {
        (Some(1.0), _) => Renewal::ResponseHeader,
        (_, Some(refresh)) => Renewal::Endpoint(refresh),
        (_, None) => Renewal::Reauthenticate,
    };
    let login = endpoint(&given, "login").unwrap_or(Endpoint::post("", Body::None));
    let mut contract = Contract::new(login, renewal, endpoint(&given, "logout"), fields);
    contract.cookies = match given.number("credentials") {
        Some(0.0) => Cookies::Omit,
        Some(1.0) => Cookies::SameOrigin,
        Some(_) | None => Cookies::Include,
    };
    let statuses = given
        .entries("denied")
        .filter_map(|(_, status)| number(&status));
    let mut denied = Vec::new();
    for status in statuses {
        denied.push(status);
    }
    contract.denied = denied.into();
    if given.number("forbidden").is_some() {
        contract.forbidden = Forbidden::Logout;
    }
    contract.idempotency_key = given.number("idempotencyKey").is_some();
    contract
}

fn endpoint(given: &JsDocument, name: &str) -> Option<Endpoint> {
    let given = JsDocument(given.at(name));
    let text = |path: &str| given.text(path).map(Text::from);
    let pairs = |path: &str| {
        let mut pairs = Vec::new();
        for (name, value) in given.entries(path) {
            pairs.push((Text::from(name), Text::from(value)));
        }
        pairs.into()
    };
    Some(Endpoint {
        path: text("path")?,
        method: text("method").unwrap_or_default(),
        body: match given.number("body") {
            Some(1.0) => Body::Json,
            Some(2.0) => Body::Form,
            Some(_) | None => Body::None,
        },
        params: pairs("params"),
        names: pairs("names"),
        token: text("token"),
    })
}

/// A status. (`parse` would bring in its errors.)
fn number(text: &str) -> Option<u16> {
    text.bytes().try_fold(0_u16, |number, digit| {
        let digit = digit.checked_sub(b'0')?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}
