//! Refusals: a status, a code that never changes, and a text that says what to do next.

use std::borrow::Cow;

use axum::Json;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::service::{Denial, Failure, Unsigned};
use crate::store::StoreDown;

/// A refusal.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    body: Refusal,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// The body of every refusal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    /// A code that never changes.
    error: &'static str,
    /// What to do next.
    #[schema(value_type = String)]
    error_description: Cow<'static, str>,
    /// Why the session is over, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        error: &'static str,
        text: impl Into<Cow<'static, str>>,
    ) -> Self {
        let problem = Self {
            status,
            body: Refusal {
                error,
                error_description: text.into(),
                reason: None,
            },
            headers: Vec::new(),
        };
        // RFC 9110 §11.6.1: a 401 says how to authenticate.
        if status == StatusCode::UNAUTHORIZED {
            problem.challenge("Bearer")
        } else {
            problem
        }
    }

    pub(crate) fn invalid_request(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", text)
    }

    pub(crate) fn not_found(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", text)
    }

    pub(crate) fn unsupported_media_type(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            text,
        )
    }

    pub(crate) fn method_not_allowed(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text)
    }

    /// No cookie is set or cleared: whether the session is over is not known.
    fn unavailable(text: &'static str) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            text,
        )
        .with(RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// Why the session is over.
    pub(crate) fn because(mut self, reason: Option<&'static str>) -> Self {
        self.body.reason = reason;
        self
    }

    /// Replaces the challenge (RFC 6750 §3).
    pub(crate) fn challenge(mut self, challenge: &'static str) -> Self {
        self.headers.retain(|(name, _)| name != WWW_AUTHENTICATE);
        self.with(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// Says more in a header.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

impl From<Unsigned> for Problem {
    fn from(_: Unsigned) -> Self {
        Self::unavailable("A token could not be made and nothing has changed; try again.")
    }
}

impl From<StoreDown> for Problem {
    fn from(_: StoreDown) -> Self {
        Self::unavailable(
            "The store of sessions did not answer; try again, a refresh with the same token and key.",
        )
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unsigned => Unsigned.into(),
            Failure::StoreDown => StoreDown.into(),
        }
    }
}

/// A refresh token that is not taken.
pub(crate) fn denied(status: StatusCode, denial: Denial) -> Problem {
    let (reason, text) = match denial {
        Denial::Missing => (
            Some("missing"),
            "No refresh token came; sign in, and send it along (a cookie needs credentials: \"include\").",
        ),
        Denial::Unknown => (
            None,
            "The refresh token is none of this server's sessions; sign in again.",
        ),
        Denial::Ended(reason) => (Some(reason.as_str()), "The session is over; sign in again."),
    };
    Problem::new(status, "invalid_grant", text).because(reason)
}

/// An old copy of an honest request.
pub(crate) fn superseded() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "superseded",
        "A newer refresh of this session was answered; use its token, or refresh with its key.",
    )
}

/// Credentials that are not taken, for whatever reason.
pub(crate) fn wrong_password() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid_credentials",
        "Wrong e-mail or password, or the user is inactive; try user@example.com with \"password\".",
    )
}
