//! What goes over the wire in more than one contract, as types.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::{User, UserId};
use crate::secret::Secret;
use crate::tokens::AccessClaims;

/// E-mail address and password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Credentials {
    pub(crate) email: String,
    #[schema(value_type = String)]
    pub(crate) password: Secret,
}

/// A user as clients see one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    #[schema(value_type = String)]
    id: UserId,
    email: String,
    role: String,
}

/// An access token, and nothing that says how long it is good: its own claims do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Access)]
pub(crate) struct AccessView {
    #[schema(value_type = String)]
    pub(crate) access_token: Secret,
}

/// It is done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Success {
    success: bool,
}

impl Success {
    pub(crate) fn response() -> Response {
        Json(Self { success: true }).into_response()
    }
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.clone(),
            email: user.email.clone(),
            role: user.role.clone(),
        }
    }
}

impl From<&AccessClaims> for UserView {
    fn from(claims: &AccessClaims) -> Self {
        Self {
            id: claims.sub.clone(),
            email: claims.email.clone(),
            role: claims.role.clone(),
        }
    }
}
