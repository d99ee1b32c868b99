//! What goes over the wire in more than one contract, as types.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use crate::domain::{User, UserId};
use crate::secret::Secret;
use crate::tokens::AccessClaims;

/// E-mail address and password.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    pub(crate) email: String,
    pub(crate) password: Secret,
}

/// A user as clients see one.
#[derive(Debug, Serialize)]
pub(crate) struct UserView<'a> {
    id: &'a UserId,
    email: &'a str,
    role: &'a str,
}

/// An access token, and nothing that says how long it is good: its own claims do.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessView {
    pub(crate) access_token: Secret,
}

/// It is done.
#[derive(Serialize)]
pub(crate) struct Success {
    success: bool,
}

impl Success {
    pub(crate) fn response() -> Response {
        Json(Self { success: true }).into_response()
    }
}

impl<'a> From<&'a User> for UserView<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            id: &user.id,
            email: &user.email,
            role: &user.role,
        }
    }
}

impl<'a> From<&'a AccessClaims> for UserView<'a> {
    fn from(claims: &'a AccessClaims) -> Self {
        Self {
            id: &claims.sub,
            email: &claims.email,
            role: &claims.role,
        }
    }
}
