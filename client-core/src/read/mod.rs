//! Reading a backend's answer: `error` first, status second.
//!
//! The browser has a JSON parser already, so the machine asks for members through [`Document`] and
//! brings none of its own (a parser in Rust would be 11 to 28 KB of brotli).
//!
//! Everything here is a pure function of the answer: what time it is comes with it. A session ends only
//! by the backend's own word: a code that means it, or a status by which the contract says that it
//! refuses, in an answer that is not somebody else's. Whatever else comes, however wrong, leaves the
//! session as it is. `words` knows the codes, `grant` what an answer grants, `date` the dates.

mod date;
mod grant;
mod words;

use crate::time::Duration;

use crate::contract::{Contract, Fields, Forbidden, Renewal};
use crate::failure::{Code, Detail, Failure, Reason};
use crate::tabs::split_word;

pub use grant::Granted;
pub(crate) use grant::is_token;

use grant::Now;
use words::Word;

/// A parsed JSON answer, seen through dotted paths such as `data.tokens.access`.
pub trait Document: Sized {
    /// The string at `path`; a number counts as it is written.
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
pub struct Reply<D> {
    /// The HTTP status.
    pub status: u16,
    /// What kind of body it has.
    pub media: Media,
    /// The `WWW-Authenticate` header, if script may see it.
    pub challenge: Option<String>,
    /// The `Retry-After` header, if script may see it.
    pub retry_after: Option<String>,
    /// The `Date` header, if script may see it.
    pub date: Option<String>,
    /// The wall clock when it came, in milliseconds since 1970.
    pub wall: u64,
    /// The body, if it is JSON, whatever its type says.
    pub body: Option<D>,
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
    /// There is nothing to renew with, so nobody was asked: no refresh token, or no endpoint that takes one.
    NothingToSend,
    /// It did not work, and that says nothing about the session. One that
    /// [is superseded](Failure::is_superseded) is asked of the peers and sent once more.
    Failed(Failure),
}

/// Reads the answer to a refresh (RFC 6749 §5, and what backends make of it).
pub fn refresh<D: Document>(reply: &Reply<D>, contract: &Contract) -> Outcome {
    let word = words::said(reply);
    match word {
        Some(Word::Superseded) => {
            return Outcome::Failed(failed(reply, Code::Server).detail(Detail::Superseded));
        }
        _ if is_over(word) => return denied(reply, word),
        _ => {}
    }
    if let Some(transient) = transient(reply) {
        return Outcome::Failed(transient);
    }
    match reply.status {
        200..=299 => granted(reply, &contract.fields),
        _ if is_refused(reply, word, contract) => denied(reply, word),
        _ => Outcome::Failed(failed(reply, Code::Misconfigured).detail(detail(reply, word))),
    }
}

/// Reads the answer to a login. A refused one is never [`Outcome::Denied`]: it ends no session.
pub fn login<D: Document>(reply: &Reply<D>, contract: &Contract) -> Outcome {
    let word = words::said(reply);
    if let Some(Word::InvalidGrant | Word::InvalidCredentials) = word {
        return Outcome::Failed(failed(reply, Code::InvalidCredentials));
    }
    if let Some(transient) = transient(reply) {
        return Outcome::Failed(transient);
    }
    Outcome::Failed(match reply.status {
        200..=299 => return granted(reply, &contract.fields),
        401 if !is_other(word) && is_from_backend(reply) => failed(reply, Code::InvalidCredentials),
        400..=499 => failed(reply, Code::Rejected).detail(detail(reply, word)),
        _ => failed(reply, Code::Server),
    })
}

/// Reads the answer to a logout. A server that no longer knows the session has ended it.
pub fn logout<D: Document>(reply: &Reply<D>, contract: &Contract) -> Outcome {
    if let Some(transient) = transient(reply) {
        return Outcome::Failed(transient);
    }
    let word = words::said(reply);
    match reply.status {
        200..=299 if !is_page(reply) => Outcome::Ended,
        // A captive portal's: the server was not told.
        200..=299 => Outcome::Failed(failed(reply, Code::Server)),
        _ if is_over(word) || is_refused(reply, word, contract) => Outcome::Ended,
        _ => Outcome::Failed(failed(reply, Code::Misconfigured).detail(detail(reply, word))),
    }
}

/// Whether a resource's answer ends the session, and why. `expired` is whether the token that was sent
/// had expired, and no newer one came with the answer.
///
/// Two contracts have such answers: where the backend renews by itself, a refusal with a status of
/// [`Contract::denied`] is one, by its code or, to an expired token, without any; and with
/// [`Forbidden::Logout`] every 403 is, provided that the token it refuses is still the present one.
pub fn resource<D: Document>(
    reply: &Reply<D>,
    contract: &Contract,
    expired: bool,
) -> Option<Reason> {
    if reply.status == 403 && contract.forbidden == Forbidden::Logout && is_from_backend(reply) {
        return Some(Reason::Forbidden);
    }
    match contract.renewal {
        Renewal::Endpoint(_) | Renewal::Reauthenticate => return None,
        Renewal::ResponseHeader => {}
    }
    let word = words::said(reply);
    let is_denied = match word {
        Some(Word::InvalidGrant) => contract.denied.contains(&reply.status),
        _ => expired && transient(reply).is_none() && is_refused(reply, word, contract),
    };
    is_denied.then(|| words::reason(reply).0.unwrap_or(Reason::Denied))
}

/// Reads a grant that was obtained elsewhere; `wall` is the wall clock in milliseconds since 1970.
///
/// # Errors
///
/// [`Code::Misconfigured`] with the case: no access token, or a lifetime that cannot be right.
pub fn grant<D: Document>(body: &D, fields: &Fields, wall: u64) -> Result<Granted, Failure> {
    let now = Now {
        server: None,
        here: wall as f64 / 1_000.0,
    };
    grant::read(body, fields, now)
}

/// The token in an `Authorization` header of an answer (RFC 6750 §2.1), where the backend renews.
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = split_word(header.trim_ascii());
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case("bearer") && is_token(token)).then_some(token)
}

/// `Retry-After` (RFC 9110 §10.2.3), in seconds or as a date, which is relative to the answer's own
/// `Date` or else to the wall clock, in milliseconds since 1970. At most a day: more is a mistake, and
/// beyond what timers bear. `None` for what is neither.
pub fn retry_after(text: &str, date: Option<&str>, wall: u64) -> Option<Duration> {
    const LONGEST: i64 = 86_400;
    let seconds = match date::number(text.trim_ascii().as_bytes()) {
        Some(seconds) => seconds,
        None => {
            let here = i64::try_from(wall / 1_000).unwrap_or(i64::MAX);
            date::read(text)?.saturating_sub(date.and_then(date::read).unwrap_or(here))
        }
    };
    let seconds = seconds.clamp(0, LONGEST);
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

fn granted<D: Document>(reply: &Reply<D>, fields: &Fields) -> Outcome {
    // A captive portal's page, or half an answer: it says nothing about the session.
    let Some(body) = &reply.body else {
        return Outcome::Failed(failed(reply, Code::Server).detail(detail(reply, None)));
    };
    let now = Now {
        server: reply
            .date
            .as_deref()
            .and_then(date::read)
            .map(|date| date as f64),
        here: reply.wall as f64 / 1_000.0,
    };
    match grant::read(body, fields, now) {
        Ok(granted) => Outcome::Granted(granted),
        Err(failure) => Outcome::Failed(failure.status(reply.status)),
    }
}

fn denied<D: Document>(reply: &Reply<D>, word: Option<Word>) -> Outcome {
    let (stated, missing) = words::reason(reply);
    let told = match word {
        Some(Word::Over(reason)) => reason,
        _ => None,
    };
    Outcome::Denied {
        reason: stated.or(told),
        missing,
        status: reply.status,
    }
}

/// 408, 425, 429 and 5xx pass by themselves.
fn transient<D>(reply: &Reply<D>) -> Option<Failure> {
    match reply.status {
        429 => Some(failed(reply, Code::RateLimited)),
        408 | 425 | 500..=599 => Some(failed(reply, Code::Server)),
        _ => None,
    }
}

/// Whether the backend says in so many words that the session is over.
fn is_over(word: Option<Word>) -> bool {
    matches!(word, Some(Word::InvalidGrant | Word::Over(_)))
}

/// Whether the code is known and says something other than "this session is over".
fn is_other(word: Option<Word>) -> bool {
    matches!(word, Some(Word::Client | Word::Origin | Word::Other))
}

/// Whether the status is one by which this contract refuses, and nothing speaks against it.
fn is_refused<D>(reply: &Reply<D>, word: Option<Word>, contract: &Contract) -> bool {
    contract.denied.contains(&reply.status)
        && !is_other(word)
        // RFC 6749 and 6750 have `invalid_request` with 400. With 401 it is how the League's server
        // before version 9, and so Laravel Passport, refuses a refresh token.
        && (word != Some(Word::Request) || reply.status == 401)
        && is_from_backend(reply)
}

/// Which of the mistakes people make this is.
fn detail<D>(reply: &Reply<D>, word: Option<Word>) -> Detail {
    match (word, reply.status) {
        (Some(Word::Origin), _) => Detail::OriginRefused,
        (Some(Word::Client), _) => Detail::ClientRefused,
        _ if !is_from_backend(reply) => Detail::NotTheBackend,
        (_, 404 | 405 | 415) => Detail::NoSuchEndpoint,
        _ => Detail::None,
    }
}

fn failed<D>(reply: &Reply<D>, code: Code) -> Failure {
    let retry_after = |text| retry_after(text, reply.date.as_deref(), reply.wall);
    Failure {
        code,
        detail: Detail::None,
        status: Some(reply.status),
        retry_after: reply.retry_after.as_deref().and_then(retry_after),
    }
}

/// Whether the auth endpoint itself answered, as far as one can tell.
fn is_from_backend<D>(reply: &Reply<D>) -> bool {
    // One header may hold several challenges (RFC 9110 §11.6.1).
    let is_bearer = |challenge: &[u8]| match challenge.trim_ascii_start().split_first_chunk::<6>() {
        Some((scheme, [] | [b' ', ..])) => scheme.eq_ignore_ascii_case(b"bearer"),
        Some(_) | None => false,
    };
    let is_ours = |header: &str| header.as_bytes().split(|byte| *byte == b',').any(is_bearer);
    reply.challenge.as_deref().is_none_or(is_ours) && !is_page(reply)
}

/// Whether the body is a page for people. JSON is none, even where PHP's default type calls it HTML.
fn is_page<D>(reply: &Reply<D>) -> bool {
    reply.media == Media::Html && reply.body.is_none()
}
