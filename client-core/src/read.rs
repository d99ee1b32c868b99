//! Reading a backend's answer: `error` first, status second.
//!
//! The browser has a JSON parser already, so the machine asks for members through [`Document`] and
//! brings none of its own (a parser in Rust would be 11 to 28 KB of brotli).

use core::time::Duration;

use crate::contract::Fields;
use crate::failure::{Code, Detail, Failure, Reason};

/// A parsed JSON answer, seen through dotted paths such as `data.tokens.access`.
pub trait Document: Sized {
    /// The string at `path`.
    fn text(&self, path: &str) -> Option<String>;
    /// The number at `path`; a string that is a number counts.
    fn number(&self, path: &str) -> Option<f64>;
    /// The claims of the JWT at `path`, if it is one. They are read, not verified: the server does that.
    fn claims(&self, path: &str) -> Option<Self>;
}

/// What kind of body came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// JSON, plain text, or nothing.
    Plain,
    /// HTML: a proxy's page, a captive portal, a firewall.
    Html,
}

/// An answer as the shell received it.
#[derive(Debug)]
pub struct Reply<'a, D> {
    /// The HTTP status.
    pub status: u16,
    /// What kind of body it has.
    pub media: Media,
    /// The `WWW-Authenticate` header, if script may see it.
    pub challenge: Option<&'a str>,
    /// The `Retry-After` header, if script may see it.
    pub retry_after: Option<&'a str>,
    /// The body, if it is JSON.
    pub body: Option<D>,
}

/// A grant as it is read from an answer. The token itself stays with the shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// How long the access token lives, counted from when it was asked for; unknown for an opaque
    /// token without a stated lifetime.
    pub lifetime: Option<Duration>,
    /// Who it stands for: the JWT's `sub`, else the user's `id`.
    pub subject: Option<Box<str>>,
    /// The key of this generation, which the next refresh sends as its `Idempotency-Key`.
    pub refresh_key: Option<Box<str>>,
}

/// What came of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A session, or its next generation.
    Granted(Granted),
    /// The logout was carried out.
    Ended,
    /// The server refused to renew, for good.
    Denied {
        /// Its stated reason; `None` where it gave none.
        reason: Option<Reason>,
        /// Whether it says that no refresh token came along at all.
        missing: bool,
        /// The status it came with.
        status: u16,
    },
    /// It did not work, and that says nothing about the session.
    Failed(Failure),
}

/// A lifetime beyond ten years is a unit mistaken, not a wish.
const LONGEST_LIFETIME: f64 = 10.0 * 366.0 * 86_400.0;

/// Reads the answer to a refresh.
pub fn refresh<D: Document>(reply: &Reply<'_, D>, fields: &Fields) -> Outcome {
    let error = error_of(reply);
    match error.as_deref() {
        Some("invalid_grant" | "invalid_token") => return denied(reply),
        Some("superseded") => {
            let failure = failed(reply, Code::Server).detail(Detail::Superseded);
            return Outcome::Failed(failure);
        }
        _ => {}
    }
    if let Some(transient) = transient(reply) {
        return Outcome::Failed(transient);
    }
    match reply.status {
        200..=299 => granted(reply, fields),
        401 if !is_known(error.as_deref()) && is_from_backend(reply) => denied(reply),
        _ => Outcome::Failed(misconfigured(reply, error.as_deref())),
    }
}

/// Reads the answer to a login.
pub fn login<D: Document>(reply: &Reply<'_, D>, fields: &Fields) -> Outcome {
    if let Some(transient) = transient(reply) {
        return Outcome::Failed(transient);
    }
    let error = error_of(reply);
    match (reply.status, error.as_deref()) {
        (200..=299, _) => granted(reply, fields),
        (400..=499, Some("csrf_rejected")) => {
            Outcome::Failed(misconfigured(reply, error.as_deref()))
        }
        (400..=499, Some("invalid_grant" | "invalid_credentials")) => {
            Outcome::Failed(failed(reply, Code::InvalidCredentials))
        }
        (401, _) if is_from_backend(reply) => {
            Outcome::Failed(failed(reply, Code::InvalidCredentials))
        }
        (400..=499, _) => Outcome::Failed(failed(reply, Code::Rejected)),
        _ => Outcome::Failed(failed(reply, Code::Server)),
    }
}

/// Reads the answer to a logout. A server that no longer knows the session has ended it.
pub fn logout<D: Document>(reply: &Reply<'_, D>) -> Outcome {
    let error = error_of(reply);
    if let Some(transient) = transient(reply) {
        return Outcome::Failed(transient);
    }
    match (reply.status, error.as_deref()) {
        (200..=299, _) if reply.media == Media::Plain => Outcome::Ended,
        (200..=299, _) => Outcome::Failed(failed(reply, Code::Server)),
        (_, Some("invalid_grant" | "invalid_token")) => Outcome::Ended,
        (401, error) if !is_known(error) && is_from_backend(reply) => Outcome::Ended,
        (_, error) => Outcome::Failed(misconfigured(reply, error)),
    }
}

/// Reads a grant that was obtained elsewhere.
///
/// # Errors
///
/// [`Code::Misconfigured`] with the case: no access token, or a lifetime that cannot be right.
pub fn grant<D: Document>(body: &D, fields: &Fields) -> Result<Granted, Failure> {
    let wrong = |detail| Failure::new(Code::Misconfigured).detail(detail);
    let token = body.text(fields.access_token).unwrap_or_default();
    // RFC 6750 §2.1: b64token. Anything a header cannot carry is no token.
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(wrong(Detail::NoAccessToken));
    }
    let claims = body.claims(fields.access_token);
    let stated = body.number(fields.expires_in);
    let seconds = stated.or_else(|| {
        let claims = claims.as_ref()?;
        Some(claims.number("exp")? - claims.number("iat")?)
    });
    let lifetime = match seconds {
        None => None,
        Some(s) if (0.0..=LONGEST_LIFETIME).contains(&s) => {
            Some(Duration::from_millis((s * 1_000.0) as u64))
        }
        Some(_) => return Err(wrong(Detail::BadLifetime)),
    };
    let subject = claims
        .and_then(|claims| claims.text("sub"))
        .or_else(|| body.text(&(fields.user.to_owned() + ".id")));
    Ok(Granted {
        lifetime,
        subject: subject.as_deref().map(Box::from),
        refresh_key: body
            .text("refreshKey")
            .filter(|key| key.len() <= 256 && key.bytes().all(|b| b.is_ascii_graphic()))
            .as_deref()
            .map(Box::from),
    })
}

fn granted<D: Document>(reply: &Reply<'_, D>, fields: &Fields) -> Outcome {
    match &reply.body {
        // A captive portal's page, or half an answer: it says nothing about the session.
        None => Outcome::Failed(failed(reply, Code::Server)),
        Some(body) => match grant(body, fields) {
            Ok(granted) => Outcome::Granted(granted),
            Err(failure) => Outcome::Failed(failure.status(reply.status)),
        },
    }
}

fn denied<D: Document>(reply: &Reply<'_, D>) -> Outcome {
    let text = reply.body.as_ref().and_then(|body| body.text("reason"));
    let reason = match text.as_deref() {
        Some("logout") => Some(Reason::Logout),
        Some("expired" | "missing") => Some(Reason::Expired),
        Some("reuse") => Some(Reason::Reuse),
        Some("revoked") => Some(Reason::Revoked),
        Some("replaced") => Some(Reason::Replaced),
        Some("inactive") => Some(Reason::Inactive),
        _ => None,
    };
    Outcome::Denied {
        reason,
        missing: text.as_deref() == Some("missing"),
        status: reply.status,
    }
}

/// 408, 425, 429 and 5xx pass by themselves.
fn transient<D>(reply: &Reply<'_, D>) -> Option<Failure> {
    match reply.status {
        429 => Some(failed(reply, Code::RateLimited)),
        408 | 425 | 500..=599 => Some(failed(reply, Code::Server)),
        _ => None,
    }
}

fn misconfigured<D>(reply: &Reply<'_, D>, error: Option<&str>) -> Failure {
    let detail = match (error, reply.status) {
        (Some("csrf_rejected"), _) => Detail::OriginRefused,
        (Some("invalid_client" | "unauthorized_client"), _) => Detail::ClientRefused,
        _ if !is_from_backend(reply) => Detail::NotTheBackend,
        (_, 404 | 405 | 415) => Detail::NoSuchEndpoint,
        _ => Detail::None,
    };
    failed(reply, Code::Misconfigured).detail(detail)
}

fn failed<D>(reply: &Reply<'_, D>, code: Code) -> Failure {
    Failure {
        code,
        detail: Detail::None,
        status: Some(reply.status),
        retry_after: reply.retry_after.and_then(retry_after),
    }
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3).
fn retry_after(text: &str) -> Option<Duration> {
    text.trim_ascii().parse().ok().map(Duration::from_secs)
}

fn error_of<D: Document>(reply: &Reply<'_, D>) -> Option<String> {
    reply.body.as_ref()?.text("error")
}

/// Codes that say something other than "this session is over", whatever the status.
fn is_known(error: Option<&str>) -> bool {
    matches!(
        error,
        Some(
            "invalid_client"
                | "invalid_request"
                | "invalid_scope"
                | "unauthorized_client"
                | "unsupported_grant_type"
                | "insufficient_scope"
                | "csrf_rejected"
        )
    )
}

/// Whether the auth endpoint itself answered, as far as one can tell.
fn is_from_backend<D>(reply: &Reply<'_, D>) -> bool {
    let bearer = reply.challenge.is_none_or(|challenge| {
        let mut parts = challenge.as_bytes().split(|byte| b" ,".contains(byte));
        let scheme = parts.next().unwrap_or_default();
        scheme.eq_ignore_ascii_case(b"bearer")
    });
    bearer && reply.media == Media::Plain
}
