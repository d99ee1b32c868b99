//! Reading a grant: its token's lifetime, who it stands for, and what came with it.

use crate::time::Duration;

use super::{Document, date};
use crate::contract::{Fields, Text};
use crate::failure::{Code, Detail, Failure};
use crate::tabs::is_key;

/// A grant as it is read from an answer. The tokens themselves stay with the shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// How long the access token lives, counted from when it was asked for; unknown for an opaque
    /// token without a stated lifetime.
    pub lifetime: Option<Duration>,
    /// Who it stands for: the JWT's `sub`, else the user's `id`, or what backends call it instead.
    pub subject: Option<String>,
    /// When the JWT says that it was issued (RFC 7519 §4.1.6), in seconds since 1970: what makes one
    /// token of a subject newer than another.
    pub issued_at: Option<u64>,
    /// Whether a refresh token came in the body, where the contract has it there.
    pub refresh_token: bool,
    /// The key of this generation, which the next refresh sends as its `Idempotency-Key`.
    pub refresh_key: Option<String>,
}

/// What time it is, as well as it can be known: both in seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// The server's own time, from the answer's `Date`.
    pub(super) server: Option<f64>,
    /// This machine's clock, which may be wrong.
    pub(super) here: f64,
}

/// A lifetime beyond ten years is a unit mistaken, not a wish.
const LONGEST_LIFETIME: f64 = 10.0 * 366.0 * 86_400.0;

/// Beyond this a number counts milliseconds since 1970: as seconds it is the year 5138, as
/// milliseconds 1973.
const MILLISECONDS: f64 = 1e11;

/// What backends call a user's id, in a JWT or in a user. OIDC Core §2, then habits: `user_id` is
/// SimpleJWT's, `_id` MongoDB's, `pk` Django's.
const IDS: [&str; 7] = ["sub", "id", "user_id", "userId", "_id", "uid", "pk"];

pub(super) fn read<D: Document>(body: &D, fields: &Fields, now: Now) -> Result<Granted, Failure> {
    let wrong = |detail| Failure::new(Code::Misconfigured).detail(detail);
    if !body
        .text(&fields.access_token)
        .is_some_and(|token| is_token(&token))
    {
        return Err(wrong(Detail::NoAccessToken));
    }
    let claims = body.claims(&fields.access_token);
    let lifetime = match seconds(body, fields, claims.as_ref(), now) {
        None => None,
        Some(seconds) if (0.0..=LONGEST_LIFETIME).contains(&seconds) => {
            Some(Duration::from_millis((seconds * 1_000.0) as u64))
        }
        Some(_) => return Err(wrong(Detail::BadLifetime)),
    };
    let text = |path: &Option<Text>| body.text(path.as_deref()?);
    Ok(Granted {
        lifetime,
        subject: subject(body, fields, claims.as_ref()),
        // `as` saturates, and truncates to the whole second that is meant here.
        issued_at: claims
            .and_then(|claims| claims.number("iat"))
            .map(|iat| since_1970(iat) as u64),
        refresh_token: text(&fields.refresh_token).is_some_and(|token| !token.is_empty()),
        refresh_key: text(&fields.refresh_key).filter(|key| is_key(key)),
    })
}

/// Visible ASCII: what a header can carry whole (RFC 6750 §2.1 `b64token`).
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The lifetime in seconds, if anything tells it: stated, or the time between the server's present and
/// the token's end. The present is the answer's `Date`, which a page may not see across origins, or when
/// the JWT was issued, and only in the last resort this machine's clock.
fn seconds<D: Document>(body: &D, fields: &Fields, claims: Option<&D>, now: Now) -> Option<f64> {
    let stated = fields.expires_in.as_deref();
    if let Some(seconds) = stated.and_then(|path| body.number(path)) {
        return Some(seconds);
    }
    let claim = |name| claims?.number(name).map(since_1970);
    let issued = claim("iat");
    let (end, present) = match fields
        .expires_at
        .as_deref()
        .and_then(|path| end(body, path))
    {
        Some(end) => (end, now.server.or(issued)),
        // A skewed `Date` need not hurt where the token says both.
        None => (claim("exp")?, issued.or(now.server)),
    };
    match present {
        Some(present) => Some(end - present),
        // By a clock that may be wrong the token seems to have ended: a 401 will tell.
        None => Some(end - now.here).filter(|left| !(-LONGEST_LIFETIME..0.0).contains(left)),
    }
}

/// When the token ends, in seconds since 1970.
fn end<D: Document>(body: &D, path: &str) -> Option<f64> {
    let number = body.number(path).map(since_1970);
    number.or_else(|| date::read(&body.text(path)?).map(|seconds| seconds as f64))
}

fn since_1970(number: f64) -> f64 {
    if number.abs() < MILLISECONDS {
        number
    } else {
        number / 1_000.0
    }
}

fn subject<D: Document>(body: &D, fields: &Fields, claims: Option<&D>) -> Option<String> {
    // The token first: a refresh seldom brings a user, and the two must name the same subject.
    let claimed = IDS.iter().find_map(|id| claims?.text(id));
    claimed.or_else(|| {
        let user = fields.user.as_deref()?;
        IDS.iter().find_map(|id| {
            let mut path = String::new();
            for part in [user, ".", id] {
                path.push_str(part);
            }
            body.text(&path)
        })
    })
}
