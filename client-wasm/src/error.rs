//! Errors, towards Rust and towards JavaScript.

use core::fmt;

use evertoken_core::{Code, Detail, Duration, Failure};
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

use crate::send;

/// Why a call did not work.
#[derive(Clone)]
pub enum Error {
    /// The client says so.
    Auth(Failure),
    /// The platform says so: a `TypeError` of its `fetch`, or an abort's reason.
    Platform(JsValue),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auth(failure) => f.debug_tuple("Auth").field(&failure.code).finish(),
            // What a platform's error holds is not known; it may quote a request.
            Self::Platform(_) => f.write_str("Platform"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Platform(_) => "the request did not reach the server",
            Self::Auth(failure) => match failure.code {
                Code::LoginRequired => "nobody is signed in: ask the user to sign in",
                Code::InvalidCredentials => "the backend does not know these credentials",
                Code::Rejected => "the backend refused the login",
                Code::Network => "the auth endpoint cannot be reached: try again when online",
                Code::Timeout => "the auth endpoint did not answer in time: try again",
                Code::RateLimited => "the backend asks for patience: wait before trying again",
                Code::Server => "the auth endpoint failed: try again later",
                Code::Misconfigured => "the auth endpoint's answer does not fit the contract",
                Code::InvalidArgument => "an argument cannot be right",
                Code::Disposed => "the client was disposed of: make a new one",
                Code::Engine => "the engine could not be started",
            },
        })
    }
}

impl core::error::Error for Error {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::Auth(failure)
    }
}

/// A failure as JavaScript carries it, with what the auth endpoint said.
pub(crate) fn to_js(failure: Failure, said: &JsValue) -> JsValue {
    let retry_after = failure
        .retry_after
        .map_or(-1.0, |wait| wait.as_millis() as f64);
    send::failure(
        failure.code as u8,
        failure.detail as u8,
        failure.status.unwrap_or(0),
        retry_after,
        said,
    )
}

/// What JavaScript carried back: a record of [`to_js`], or something of the platform's.
pub(crate) fn from_js(value: JsValue) -> Error {
    let number = |name: &str| Reflect::get(&value, &name.into()).ok()?.as_f64();
    let code = number("code").and_then(code_of);
    match code {
        Some(code) if !value.is_instance_of::<js_sys::Error>() => Error::Auth(Failure {
            code,
            detail: Detail::None,
            status: number("status")
                .filter(|status| *status > 0.0)
                .map(|status| status as u16),
            retry_after: number("retryAfter")
                .filter(|wait| *wait >= 0.0)
                .map(|wait| Duration::from_millis(wait as u64)),
        }),
        Some(_) | None => Error::Platform(value),
    }
}

fn code_of(number: f64) -> Option<Code> {
    const ALL: [Code; 11] = [
        Code::LoginRequired,
        Code::InvalidCredentials,
        Code::Rejected,
        Code::Network,
        Code::Timeout,
        Code::RateLimited,
        Code::Server,
        Code::Misconfigured,
        Code::InvalidArgument,
        Code::Disposed,
        Code::Engine,
    ];
    ALL.into_iter()
        .find(|code| f64::from(*code as u8) == number)
}
