//! The backend's own words: the codes in a refusal's body or challenge. Only words that are known say
//! something; whatever else a backend writes leaves the status to speak.

use super::{Document, Reply};
use crate::failure::Reason;

/// What a code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The grant is not valid: the refresh token at a renewal, the credentials at a login.
    InvalidGrant,
    /// The session is over.
    Over(Option<Reason>),
    /// The credentials are wrong.
    InvalidCredentials,
    /// The request was an old copy of an honest one.
    Superseded,
    /// The client itself is refused.
    Client,
    /// The page's origin is refused.
    Origin,
    /// The request is malformed.
    Request,
    /// Something that says nothing about the session.
    Other,
}

/// Where backends keep their code. The texts among them count where they *are* a code.
const PLACES: [&str; 6] = [
    "error",      // RFC 6749 §5.2
    "error.code", // an envelope
    "error_code", // Supabase
    "code",       // Supabase since 2024, SimpleJWT
    "message",    // Nest, Express
    "detail",     // FastAPI
];

/// What an answer says, in its body or else in its challenge (RFC 6750 §3).
pub(super) fn said<D: Document>(reply: &Reply<D>) -> Option<Word> {
    let body = reply.body.as_ref();
    PLACES
        .iter()
        .find_map(|place| word(body?.text(place)?.as_bytes()))
        .or_else(|| {
            let mut parts = reply
                .challenge
                .as_deref()?
                .as_bytes()
                .split(|byte| matches!(byte, b' ' | b','));
            let code = parts.find_map(|part| part.strip_prefix(b"error="))?;
            word(
                code.split(|byte| *byte == b'"')
                    .find(|code| !code.is_empty())?,
            )
        })
}

/// The codes. A table, since a `match` on text is three times its size.
const WORDS: [(&str, Word); 20] = [
    ("invalid_grant", Word::InvalidGrant),
    ("invalid_token", Word::Over(None)),
    ("invalid_credentials", Word::InvalidCredentials),
    ("superseded", Word::Superseded),
    ("invalid_client", Word::Client),
    ("unauthorized_client", Word::Client),
    ("csrf_rejected", Word::Origin),
    ("invalid_request", Word::Request),
    ("access_denied", Word::Other),
    ("insufficient_scope", Word::Other),
    ("invalid_scope", Word::Other),
    ("server_error", Word::Other),
    ("temporarily_unavailable", Word::Other),
    ("unsupported_grant_type", Word::Other),
    ("unsupported_token_type", Word::Other),
    // Supabase's, which come with 400.
    ("refresh_token_not_found", Word::Over(None)),
    (
        "refresh_token_already_used",
        Word::Over(Some(Reason::Reuse)),
    ),
    ("session_not_found", Word::Over(None)),
    ("session_expired", Word::Over(Some(Reason::Expired))),
    ("user_banned", Word::Over(Some(Reason::Inactive))),
];

fn word(code: &[u8]) -> Option<Word> {
    let mut words = WORDS.iter();
    let (_, word) = words.find(|(known, _)| known.as_bytes() == code)?;
    Some(*word)
}

/// The reasons that a refusal states. `missing` is that no refresh token came along.
const REASONS: [(&str, Reason); 7] = [
    ("logout", Reason::Logout),
    ("expired", Reason::Expired),
    ("missing", Reason::Expired),
    ("reuse", Reason::Reuse),
    ("revoked", Reason::Revoked),
    ("replaced", Reason::Replaced),
    ("inactive", Reason::Inactive),
];

/// The reason a refusal states in so many words, and whether it is that no refresh token came along.
pub(super) fn reason<D: Document>(reply: &Reply<D>) -> (Option<Reason>, bool) {
    let stated = reply.body.as_ref().and_then(|body| body.text("reason"));
    let mut reasons = REASONS.iter();
    match reasons.find(|(text, _)| stated.as_deref() == Some(text)) {
        Some((text, reason)) => (Some(*reason), *text == "missing"),
        None => (None, false),
    }
}
