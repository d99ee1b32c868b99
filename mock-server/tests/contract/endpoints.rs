//! Every endpoint, for tests that ask all of them.
//!
//! The list is the router's own: its document is made of the same handlers (`routes!`), and so an endpoint that is
//! added later is asked whatever all the others are asked. What is routed past the document would be missed, so
//! nothing may be, but for two that are known here.

use evertoken_mock::Counters;
use serde_json::Value;

use crate::rig::{FORM, Mock};

pub const JSON: (&str, &str) = ("content-type", "application/json");

/// What an endpoint reads of a body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    Json,
    Form,
    /// A body of any type.
    Anything,
    /// It does not look at the body.
    Nothing,
}

#[derive(Clone, Debug)]
pub struct Endpoint {
    pub method: String,
    pub path: String,
    pub takes: Takes,
    /// The cookie it reads.
    pub cookie: Option<&'static str>,
    /// Whether it wants an access token.
    pub bearer: bool,
}

impl Endpoint {
    pub fn named(&self) -> (&str, &str) {
        (&self.method, &self.path)
    }

    /// The header that a body of the right type has.
    pub fn kind(&self) -> (&'static str, &'static str) {
        match self.takes {
            Takes::Json => JSON,
            Takes::Form => FORM,
            Takes::Anything | Takes::Nothing => ("content-type", "text/plain"),
        }
    }

    /// The gateway's echo answers every method.
    pub fn is_echo(&self) -> bool {
        self.path == "/gateway/api/anything"
    }
}

/// All of them.
pub async fn all(mock: &Mock) -> Vec<Endpoint> {
    let document = mock.get("/openapi.json").await.json();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let schemes: Vec<&str> = operation["security"]
                .as_array()
                .into_iter()
                .flatten()
                .flat_map(|scheme| scheme.as_object().unwrap().keys().map(String::as_str))
                .collect();
            let forms = &operation["requestBody"]["content"][FORM.1];
            let says = |status: &str| operation["responses"].get(status).is_some();
            all.push(Endpoint {
                method: method.to_uppercase(),
                path: path.replace("{rest}", "anything"),
                takes: match (forms.is_object(), says("415"), says("413")) {
                    (true, _, _) => Takes::Form,
                    (false, true, _) => Takes::Json,
                    (false, false, true) => Takes::Anything,
                    (false, false, false) => Takes::Nothing,
                },
                cookie: match (schemes.contains(&"rotating"), schemes.contains(&"fixed")) {
                    (true, _) => Some("refresh_token"),
                    (false, true) => Some("refreshToken"),
                    (false, false) => None,
                },
                bearer: schemes.contains(&"bearer"),
            });
        }
    }
    all
}

/// Whether anything but refusals was counted, and nobody was signed in or out.
pub async fn is_untouched(mock: &Mock) -> bool {
    let Counters {
        login,
        refresh,
        rotations,
        reuse,
        resource,
        ..
    } = mock.root().counters();
    mock.root().families().await.unwrap().is_empty()
        && (
            login.ok,
            refresh.ok,
            refresh.replayed,
            rotations,
            reuse,
            resource.ok,
        ) == (0, 0, 0, 0, 0, 0)
        && mock.root().clock().offset().is_zero()
}

/// What any endpoint might read, each field and each parameter with this value.
pub fn stuffed(value: &str) -> (String, String) {
    let names = [
        "email",
        "password",
        "username",
        "code",
        "refreshToken",
        "refresh_token",
        "token",
        "client_id",
        "scope",
        "state",
        "user",
        "tokens",
    ];
    let fields = names.map(|name| (name.to_owned(), Value::from(value)));
    let json = Value::Object(fields.into_iter().collect()).to_string();
    let form = names.map(|name| format!("{name}={value}")).join("&");
    (json, form)
}
