//! Reading requests: everything that is refused without looking at any state.
//!
//! The order of refusals is part of the contract: method (the router's), size, content type, cookies
//! and `Idempotency-Key`, origin, rate, and then the handler's own.

use std::fmt;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use futures_util::future::{Either, select};
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::answer::Problem;
use super::form::Form;
use crate::limits::Kind;
use crate::origin::Caller;
use crate::tenant::Tenant;

/// The largest body that is read: far more than any of these requests needs.
const BODY_BYTES: usize = 64 * 1024;

/// How long a body may take to arrive: a client that is this slow is stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest `Idempotency-Key`, in bytes. A refresh key has fewer than seventy.
const KEY_BYTES: usize = 256;

/// The head, and a body that is JSON or empty.
pub(crate) async fn read(request: Request) -> Result<(Parts, Bytes), Problem> {
    let (head, body) = read_any(request).await?;
    if !body.is_empty() && !is_json(&head.headers) {
        return Err(Problem::unsupported_media_type(
            "Send JSON with Content-Type: application/json, or no body at all.",
        ));
    }
    Ok((head, body))
}

/// The head, and the parameters of a form (RFC 6749 appendix B).
pub(crate) async fn read_form(request: Request) -> Result<(Parts, Form), Problem> {
    let (head, body) = read_any(request).await?;
    if !body.is_empty() && essence(&head.headers) != "application/x-www-form-urlencoded" {
        return Err(Problem::unsupported_media_type(
            "Send a form with Content-Type: application/x-www-form-urlencoded.",
        ));
    }
    let form = Form::parse(&body)?;
    Ok((head, form))
}

/// The head, and a body of any kind.
pub(crate) async fn read_any(request: Request) -> Result<(Parts, Bytes), Problem> {
    let (head, body) = request.into_parts();
    let body = match head.extensions.get::<Arc<Tenant>>() {
        None => whole(&head.headers, body).await?,
        Some(tenant) => {
            let arriving = pin!(whole(&head.headers, body));
            let patience = pin!(tenant.sleep(PATIENCE));
            match select(arriving, patience).await {
                Either::Left((body, _)) => body?,
                Either::Right(_) => return Err(too_slow()),
            }
        }
    };
    Ok((head, body))
}

/// The JSON object of a body, or which field is wrong and how.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    any_json(body).map(|Named(value)| value)
}

/// The same of a list of objects.
pub(crate) fn json_list<T: DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, String> {
    if body.trim_ascii_start().first() != Some(&b'[') {
        return Err("The body: a list is due, as in [{…}], or [] for none.".to_owned());
    }
    let list: Vec<Named<T>> = any_json(body)?;
    Ok(list.into_iter().map(|Named(value)| value).collect())
}

fn any_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." {
            "The body".to_owned()
        } else {
            path
        };
        let what = error.into_inner().to_string();
        format!("{place}: {}.", without_value(&what).unwrap_or(what))
    })?;
    deserializer
        .end()
        .map_err(|error| format!("The body: {error}."))?;
    Ok(value)
}

/// A value whose fields are named. Left to itself, serde takes a list of their values too.
struct Named<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamedVisitor(PhantomData))
    }
}

struct NamedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NamedVisitor<T> {
    type Value = Named<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Named<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Named)
    }
}

/// What serde says of a value of the wrong type, without the value: it may be a whole body encoded twice,
/// password and all, and whoever is told may log it. `None`: it names none.
fn without_value(what: &str) -> Option<String> {
    let (kind, _) = what.split_once(['"', '`'])?;
    let (_, expected) = what.rsplit_once(", expected ")?;
    let names_one = kind.starts_with("invalid ") && !kind.contains(", expected ");
    names_one.then(|| format!("{}, expected {expected}", kind.trim_end()))
}

/// The `Idempotency-Key`, if there is one.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&[u8]>, Problem> {
    let mut keys = headers.get_all("idempotency-key").iter();
    match (keys.next().map(|key| key.as_bytes()), keys.next()) {
        (None, _) => Ok(None),
        (Some(key), None) if (1..=KEY_BYTES).contains(&key.len()) => Ok(Some(key)),
        (Some(_), _) => Err(Problem::invalid_request(
            "Send one Idempotency-Key of 1 to 256 bytes, or none.",
        )),
    }
}

/// Cross-site request forgery ends here: a page that may not call is not served, cookie or not.
pub(crate) fn same_party(tenant: &Tenant, headers: &HeaderMap) -> Result<(), Problem> {
    match tenant.shared.origins.caller(headers) {
        Caller::Unnamed | Caller::Allowed(_) => Ok(()),
        Caller::Foreign => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "csrf_rejected",
            "Pages of this origin may not call here. Start the server with --allow-origin and the page's origin.",
        )),
    }
}

/// Counts one login or refresh of this address; too many are told when to come again.
pub(crate) fn within_rate(tenant: &Tenant, head: &Parts, kind: Kind) -> Result<(), Problem> {
    let peer = head.extensions.get().copied().unwrap_or_default();
    tenant.limits.take(kind, peer).map_err(|wait| {
        match kind {
            Kind::Login => {}
            Kind::Refresh => tenant.tally.refresh_limited.up(),
        }
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "Too many came from this address; wait as long as Retry-After says, or start the server with --refresh-rate off.",
        )
        .with(RETRY_AFTER, wait.seconds().into())
    })
}

fn too_slow() -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "request_timeout",
        "The body did not arrive in 30 seconds; send the request again.",
    )
}

async fn whole(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let too_large = || {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "payload_too_large",
            "Send at most 64 KiB; nothing here needs more.",
        )
    };
    let promised = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if promised.is_some_and(|length| length > BODY_BYTES) {
        return Err(too_large());
    }
    let body = axum::body::to_bytes(body, BODY_BYTES.saturating_add(1))
        .await
        .map_err(|error| {
            if is_length_limit(&error) {
                too_large()
            } else {
                Problem::invalid_request("The body broke off; send the request again.")
            }
        })?;
    if body.len() > BODY_BYTES {
        Err(too_large())
    } else {
        Ok(body)
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if error.is::<http_body_util::LengthLimitError>() {
            return true;
        }
        source = error.source();
    }
    false
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = essence(headers);
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// The content type without its parameters.
fn essence(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}
