//! What the tests of reading share: documents, answers, and short words for what is read.

use evertoken_core::read::{self, Document, Media, Reply};
use evertoken_core::{Code, Contract, Detail, Failure, Granted, Outcome, Reason};
use serde_json::Value;

/// A document as the tests have it; a "JWT" here is its claims as plain JSON.
#[derive(Debug)]
pub struct Json(pub Value);

impl Document for Json {
    fn text(&self, path: &str) -> Option<String> {
        match at(&self.0, path)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
    fn number(&self, path: &str) -> Option<f64> {
        let value = at(&self.0, path)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    }
    fn claims(&self, path: &str) -> Option<Self> {
        serde_json::from_str(at(&self.0, path)?.as_str()?)
            .ok()
            .map(Json)
    }
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(value, |value, name| value.get(name))
}

/// 2026-01-01T00:00:00Z in seconds: the wall clock of these tests.
pub const NOW: u64 = 1_767_225_600;

pub fn reply(status: u16, body: Value) -> Reply<Json> {
    Reply {
        status,
        media: Media::Plain,
        challenge: None,
        retry_after: None,
        date: None,
        wall: NOW * 1_000,
        body: (!body.is_null()).then_some(Json(body)),
    }
}

pub fn html(status: u16) -> Reply<Json> {
    Reply {
        media: Media::Html,
        ..reply(status, Value::Null)
    }
}

pub fn challenged(status: u16, challenge: &'static str) -> Reply<Json> {
    Reply {
        challenge: Some(challenge.into()),
        ..reply(status, Value::Null)
    }
}

pub fn refresh(reply: &Reply<Json>) -> Outcome {
    read::refresh(reply, &Contract::ROTATION)
}

pub fn login(reply: &Reply<Json>) -> Outcome {
    read::login(reply, &Contract::ROTATION)
}

pub fn logout(reply: &Reply<Json>) -> Outcome {
    read::logout(reply, &Contract::ROTATION)
}

pub fn granted(outcome: Outcome) -> Granted {
    match outcome {
        Outcome::Granted(granted) => granted,
        other => panic!("not granted: {other:?}"),
    }
}

pub fn failure(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("not a failure: {other:?}"),
    }
}

pub fn code(outcome: Outcome) -> (Code, Detail) {
    let failure = failure(outcome);
    (failure.code, failure.detail)
}

pub fn is_denied(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Denied { .. })
}

/// What a refresh should come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Refused {
    Denied(Option<Reason>),
    Misconfigured(Detail),
    Transient(Code),
}

pub fn refused(reply: &Reply<Json>) -> Refused {
    match read::refresh(reply, &Contract::OAUTH2) {
        Outcome::Denied { reason, .. } => Refused::Denied(reason),
        Outcome::Failed(failure) if failure.is_transient() => Refused::Transient(failure.code),
        Outcome::Failed(failure) => {
            assert_eq!(failure.code, Code::Misconfigured);
            Refused::Misconfigured(failure.detail)
        }
        other => panic!("not refused: {other:?}"),
    }
}
