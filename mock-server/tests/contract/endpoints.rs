//! Every endpoint, for tests that ask all of them.
//!
//! The list is the router's own: its document is made of the same handlers (`routes!`), and so an endpoint that is
//! added later is asked whatever all the others are asked. What is routed past the document would be missed, so
//! nothing may be, but for two that are known here.

use std::path::Path;

use evertoken_mock::Counters;
use serde_json::Value;

use crate::rig::{FORM, Mock};
use crate::walk::Document;

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
    let document = Document::of(mock).await;
    let mut all = Vec::new();
    for (path, item) in document.0["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let schemes: Vec<&str> = operation["security"]
                .as_array()
                .into_iter()
                .flatten()
                .flat_map(|scheme| scheme.as_object().unwrap().keys().map(String::as_str))
                .collect();
            let says = |status: &str| operation["responses"].get(status).is_some();
            all.push(Endpoint {
                method: method.to_uppercase(),
                path: path.replace("{rest}", "anything"),
                takes: match (document.takes_a_form(path), says("415"), says("413")) {
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
pub fn is_untouched(mock: &Mock) -> bool {
    let Counters {
        login,
        refresh,
        rotations,
        reuse,
        resource,
        ..
    } = mock.root().counters();
    mock.root().families().is_empty()
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

#[tokio::test]
async fn every_endpoint_of_the_document_is_there_and_described() {
    let mock = Mock::new();
    let document = Document::of(&mock).await;
    for endpoint in all(&mock).await {
        let path = endpoint.path.replace("anything", "{rest}");
        let operation = &document.0["paths"][path][endpoint.method.to_lowercase()];
        assert!(operation["summary"].is_string(), "{endpoint:?}");
        let answer = mock.ask(endpoint.named(), &[], "").await;
        assert!(![404, 405].contains(&answer.status), "{endpoint:?}");
    }
}

#[test]
fn only_what_openapi_has_no_word_for_and_the_document_itself_are_routed_past_it() {
    let mut found = Vec::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for folder in [sources.clone(), sources.join("routes")] {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                let routed = text.split(".route(\"").skip(1);
                found.extend(routed.map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
        }
    }
    found.sort();
    assert_eq!(found, ["/gateway/api/{*rest}", "/openapi.json"]);
}

#[tokio::test]
async fn the_list_knows_what_an_endpoint_takes() {
    let all = all(&Mock::new()).await;
    let find = |method: &str, path: &str| {
        let named = |endpoint: &&Endpoint| endpoint.named() == (method, path);
        let Endpoint {
            takes,
            cookie,
            bearer,
            ..
        } = all.iter().find(named).unwrap();
        (*takes, *cookie, *bearer)
    };
    let rotating = Some("refresh_token");
    assert_eq!(find("POST", "/auth/login"), (Takes::Json, rotating, false));
    assert_eq!(find("POST", "/auth/token"), (Takes::Form, None, false));
    assert_eq!(find("GET", "/auth/me"), (Takes::Json, None, true));
    assert_eq!(
        find("PATCH", "/gateway/api/anything"),
        (Takes::Anything, Some("refreshToken"), true)
    );
    assert_eq!(find("GET", "/__mock/clock"), (Takes::Nothing, None, false));
    let cookies = all.iter().filter(|endpoint| endpoint.cookie.is_some());
    assert_eq!(
        cookies.count(),
        16,
        "login, refresh, logout, callback, resources of the gateway"
    );
    assert!(all.len() >= 38, "{}", all.len());
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
