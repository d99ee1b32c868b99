//! Talks to the auth endpoints, one exchange at a time.
//!
//! A refresh that the backend refuses, or that there is nothing to send with, is not over yet where the application can
//! sign in without asking anybody: its credentials go to the login endpoint within the same exchange. So the session
//! machine sees one refresh, whoever waits for it waits for that too, and nobody sees the session end in between.

use std::rc::Rc;

use evertoken_core::read::{self, Document, Media, Reply};
use evertoken_core::{Body, Code, Contract, Endpoint, Exchange, Failure, OpId, Outcome, Scope};
use js_sys::Promise;
use wasm_bindgen::JsValue;

use crate::backend::{Backend, Form};
use crate::clock;
use crate::document::JsDocument;
use crate::driver::Driver;
use crate::send;
use crate::wait::{self, Wait};

/// Sends an exchange; the driver gets the answer.
pub(crate) fn send(
    driver: &Rc<Driver>,
    op: OpId,
    exchange: Exchange,
    credentials: &JsValue,
    key: Option<&str>,
) {
    let Some(backend) = driver.backend() else {
        return;
    };
    let asked = ask(&backend, driver.contract(), exchange, credentials, key);
    let driver = Rc::clone(driver);
    // The backend is held meanwhile: also a client that has ended keeps the refresh token that is on its way.
    wait::run(async move |wait| {
        let (outcome, said) = conclude(&driver, &backend, &wait, op, exchange, asked).await;
        driver.answer(op, outcome, said);
    });
}

/// Makes the request and sends it. Where there is no endpoint to send it to nothing comes of it, as where the token that
/// belongs into it is missing.
fn ask(
    backend: &Backend,
    contract: &Contract,
    exchange: Exchange,
    credentials: &JsValue,
    key: Option<&str>,
) -> Promise {
    let (endpoint, of_session) = match exchange {
        Exchange::Login => (Some(&contract.login), false),
        Exchange::Refresh(_) => (contract.refresh(), true),
        Exchange::Logout(_) => (contract.logout.as_ref(), true),
    };
    let Some(endpoint) = endpoint else {
        return Promise::resolve(&JsValue::UNDEFINED);
    };
    let Endpoint {
        method, path, body, ..
    } = endpoint;
    let form = Form::new(credentials);
    for (from, to) in endpoint.names.iter() {
        form.rename(from, to);
    }
    for (name, value) in endpoint.params.iter() {
        form.preset(name, value);
    }
    let mut target = String::from(&**path);
    if let Some(scope) = scope(exchange) {
        target.push_str(if path.bytes().any(|byte| byte == b'?') {
            "&"
        } else {
            "?"
        });
        target.push_str(scope);
    }
    let kind = match body {
        Body::None => 0,
        Body::Json => 1,
        Body::Form => 2,
    };
    let token = contract.token_name(endpoint).filter(|_| of_session);
    backend.exchange(method, &target, kind, &form, token, key, of_session)
}

fn scope(exchange: Exchange) -> Option<&'static str> {
    match exchange {
        Exchange::Logout(Scope::Local) => Some("scope=local"),
        Exchange::Logout(Scope::Others) => Some("scope=others"),
        Exchange::Logout(Scope::Global) | Exchange::Login | Exchange::Refresh(_) => None,
    }
}

/// What came of an exchange, and what the endpoint said.
async fn conclude(
    driver: &Driver,
    backend: &Backend,
    wait: &Wait,
    op: OpId,
    exchange: Exchange,
    asked: Promise,
) -> (Outcome, JsValue) {
    let refused = answered(driver, backend, wait, exchange, asked).await;
    let (Exchange::Refresh(why), Outcome::Denied { .. } | Outcome::NothingToSend) =
        (exchange, &refused.0)
    else {
        return refused;
    };
    if !driver.signs_in(op, why) {
        return refused;
    }
    let Some(credentials) = wait.brings(backend.credentials()).await else {
        return refused;
    };
    let credentials = send::stringify(&credentials);
    // Whoever signed in or out in between is not to be overtaken by this.
    if credentials.is_undefined() || !driver.session.borrow().counts(op) {
        return refused;
    }
    let login = Exchange::Login;
    let asked = ask(backend, driver.contract(), login, &credentials, None);
    let signed_in = answered(driver, backend, wait, login, asked).await;
    match (&signed_in.0, &refused.0) {
        (Outcome::Granted(_), _) => signed_in,
        // The backend has not refused anything, and may not now.
        (Outcome::Failed(failure), Outcome::NothingToSend) if failure.is_transient() => signed_in,
        (_, Outcome::NothingToSend) => (Outcome::NothingToSend, signed_in.1),
        _ => refused,
    }
}

/// What one request brought. The refresh token in it is stored before anybody else learns of the answer.
async fn answered(
    driver: &Driver,
    backend: &Backend,
    wait: &Wait,
    exchange: Exchange,
    asked: Promise,
) -> (Outcome, JsValue) {
    let Some(answer) = wait.brings(asked).await else {
        let outcome = Outcome::Failed(Failure::new(Code::Network));
        return (outcome, JsValue::UNDEFINED);
    };
    if answer.is_undefined() {
        return (unsent(exchange), answer);
    }
    let answer = JsDocument(answer);
    let contract = driver.contract();
    let reply = reply(&answer);
    let outcome = match exchange {
        Exchange::Login => read::login(&reply, contract),
        Exchange::Refresh(_) => read::refresh(&reply, contract),
        Exchange::Logout(_) => read::logout(&reply, contract),
    };
    let body = JsDocument(answer.at("body"));
    if let Some(stored) = store(driver, backend, exchange, &outcome, &body) {
        // It never rejects, and brings nothing.
        let _ = wait.brings(stored).await;
    }
    (outcome, body.0)
}

/// What comes of an exchange that could not be sent: the contract has no endpoint for it, or there is no token to
/// send with it.
fn unsent(exchange: Exchange) -> Outcome {
    match exchange {
        Exchange::Logout(_) => Outcome::Ended,
        Exchange::Login | Exchange::Refresh(_) => Outcome::NothingToSend,
    }
}

/// Keeps the refresh token that an answer brought, or forgets the one that is good for nothing now.
fn store(
    driver: &Driver,
    backend: &Backend,
    exchange: Exchange,
    outcome: &Outcome,
    body: &JsDocument,
) -> Option<Promise> {
    let path = driver.contract().fields.refresh_token.as_deref()?;
    let nothing = JsValue::UNDEFINED;
    match (exchange, outcome) {
        (Exchange::Login, Outcome::Granted(_)) => Some(backend.keep(&body.at(path))),
        (Exchange::Refresh(_), Outcome::Granted(granted)) if granted.refresh_token => {
            Some(backend.replace(&body.at(path)))
        }
        (Exchange::Refresh(_), Outcome::Denied { .. }) => Some(backend.replace(&nothing)),
        (Exchange::Logout(Scope::Local | Scope::Global), Outcome::Failed(failure))
            if failure.is_transient() =>
        {
            None
        }
        (Exchange::Logout(Scope::Local | Scope::Global), _) => Some(backend.replace(&nothing)),
        (Exchange::Login | Exchange::Refresh(_) | Exchange::Logout(Scope::Others), _) => None,
    }
}

/// How the record says [`Media::Html`].
const HTML: f64 = 1.0;

/// The record that `js/backend.js` made of an answer.
pub(crate) fn reply(answer: &JsDocument) -> Reply<JsDocument> {
    let body = answer.at("body");
    Reply {
        status: answer.number("status").unwrap_or_default() as u16,
        media: match answer.number("media") {
            Some(HTML) => Media::Html,
            Some(_) | None => Media::Plain,
        },
        challenge: answer.text("challenge"),
        retry_after: answer.text("retryAfter"),
        date: answer.text("date"),
        wall: clock::wall() as u64,
        body: (!body.is_undefined()).then_some(JsDocument(body)),
    }
}
