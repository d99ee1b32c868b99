//! Talks to the auth endpoints, one exchange at a time.

use std::rc::Rc;

use evertoken_core::read::{self, Document, Media, Reply};
use evertoken_core::{Body, Code, Contract, Endpoint, Exchange, Failure, OpId, Outcome, Scope};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::clock;
use crate::document::JsDocument;
use crate::driver::Driver;
use crate::send::Sender;

/// Sends an exchange; the driver gets the answer.
pub(crate) fn send(
    driver: &Rc<Driver>,
    sender: &Sender,
    op: OpId,
    exchange: Exchange,
    credentials: &JsValue,
    key: Option<&str>,
) {
    let contract = driver.contract();
    let answer = endpoint(contract, exchange).map(|endpoint| {
        let body = match endpoint.body {
            Body::Json => credentials,
            Body::Form | Body::None => &JsValue::UNDEFINED,
        };
        let Endpoint { method, path, .. } = endpoint;
        sender.exchange(method, path, query(exchange), body, key)
    });
    let driver = Rc::clone(driver);
    spawn_local(async move {
        let Some(answer) = answer else {
            return driver.answer(op, untold(exchange), JsValue::UNDEFINED);
        };
        match JsFuture::from(answer).await {
            Err(_) => {
                let outcome = Outcome::Failed(Failure::new(Code::Network));
                driver.answer(op, outcome, JsValue::UNDEFINED);
            }
            Ok(answer) => {
                let answer = JsDocument(answer);
                let outcome = read(exchange, &answer, driver.contract());
                driver.answer(op, outcome, answer.at("body"));
            }
        }
    });
}

fn endpoint(contract: &Contract, exchange: Exchange) -> Option<&Endpoint> {
    match exchange {
        Exchange::Login => Some(&contract.login),
        Exchange::Refresh(_) => contract.refresh(),
        Exchange::Logout(_) => contract.logout.as_ref(),
    }
}

/// What comes of an exchange that the contract has no endpoint for.
fn untold(exchange: Exchange) -> Outcome {
    match exchange {
        Exchange::Logout(_) => Outcome::Ended,
        Exchange::Login | Exchange::Refresh(_) => {
            Outcome::Failed(Failure::new(Code::Misconfigured))
        }
    }
}

fn query(exchange: Exchange) -> &'static str {
    match exchange {
        Exchange::Logout(Scope::Local) => "?scope=local",
        Exchange::Logout(Scope::Others) => "?scope=others",
        Exchange::Logout(Scope::Global) | Exchange::Login | Exchange::Refresh(_) => "",
    }
}

/// How the record says [`Media::Html`].
const HTML: f64 = 1.0;

/// Reads the record that `js/send.js` made of an answer.
fn read(exchange: Exchange, answer: &JsDocument, contract: &Contract) -> Outcome {
    let challenge = answer.text("challenge");
    let retry_after = answer.text("retryAfter");
    let date = answer.text("date");
    let body = answer.at("body");
    let reply = Reply {
        status: answer.number("status").unwrap_or_default() as u16,
        media: match answer.number("media") {
            Some(HTML) => Media::Html,
            Some(_) | None => Media::Plain,
        },
        challenge: challenge.as_deref(),
        retry_after: retry_after.as_deref(),
        date: date.as_deref(),
        wall: clock::wall() as u64,
        body: (!body.is_undefined()).then_some(JsDocument(body)),
    };
    match exchange {
        Exchange::Login => read::login(&reply, contract),
        Exchange::Refresh(_) => read::refresh(&reply, contract),
        Exchange::Logout(_) => read::logout(&reply, contract),
    }
}
