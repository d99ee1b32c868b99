//! The contract `rotation`: the access token in the body, the refresh token in a cookie that is good
//! once.

use axum::Json;
use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{self, Problem};
use super::cookies::Jar;
use super::document::{
    Forbidden, Foreign, Invalid, Limited, Superseded, Unauthorized, Unavailable, Unread,
};
use super::session::Session;
use super::view::{Credentials, Success, UserView};
use super::{At, bearer, input};
use crate::domain::{Contract, LogoutScope};
use crate::limits::Kind;
use crate::secret::Secret;
use crate::service::{Door, Grant, Renewal};
use crate::tenant::Tenant;

pub(crate) const SESSION: Session = Session {
    door: Door {
        contract: Contract::Rotation,
        client: "spa",
    },
    jar: Jar {
        name: "refresh_token",
        path: "/auth",
    },
};

pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(me))
        .routes(routes!(admin))
}

/// A session, but for what is in the cookie.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Grant)]
struct GrantView {
    #[schema(value_type = String)]
    access_token: Secret,
    /// In seconds.
    expires_in: u64,
    #[schema(value_type = String)]
    refresh_key: Secret,
    user: UserView,
}

/// Signs in; the session whose cookie comes along gives way.
#[utoipa::path(post, path = "/auth/login", tag = "rotation", security((), ("rotating" = [])), request_body = Credentials, responses((status = 200, description = "Granted", body = GrantView, headers(("Set-Cookie" = String, description = "The refresh token"))), Invalid, Unauthorized, Foreign, Limited, Unread, Unavailable))]
async fn login(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let grant = SESSION.login(&tenant, request).await?;
    Ok(granted(&tenant, &grant))
}

/// Spends the refresh token for its successor.
#[utoipa::path(post, path = "/auth/refresh", tag = "rotation", params(("Idempotency-Key" = Option<String>, Header, description = "The newest refresh key, or any text of 1 to 256 bytes")), security(("rotating" = [])), responses((status = 200, description = "Granted", body = GrantView, headers(("Set-Cookie" = String, description = "The refresh token"))), Invalid, Unauthorized, Foreign, Superseded, Limited, Unread, Unavailable))]
async fn refresh(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read(request).await?;
    let cookie = SESSION.jar.read(&head.headers)?;
    let key = input::idempotency_key(&head.headers)?;
    input::same_party(&tenant, &head.headers)?;
    input::within_rate(&tenant, &head, Kind::Refresh)?;
    let token = tenant.token(SESSION.door, cookie.as_deref());
    match tenant.renew(SESSION.door, &token, key).await? {
        Renewal::Granted(grant) => Ok(granted(&tenant, &grant)),
        Renewal::Superseded => Err(answer::superseded()),
        Renewal::Denied(denial) => {
            Err(SESSION.refused(&tenant, StatusCode::UNAUTHORIZED, denial, key.is_some()))
        }
    }
}

/// Signs out: everywhere, or as far as scope says.
#[utoipa::path(post, path = "/auth/logout", tag = "rotation", params(("scope" = Option<String>, Query, description = "local, others or global")), security(("rotating" = [])), responses((status = 200, description = "Signed out", body = Success), Invalid, Foreign, Unread, Unavailable))]
async fn logout(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    SESSION.logout(&tenant, request, LogoutScope::Global).await
}

/// Who the access token stands for.
#[utoipa::path(get, path = "/auth/me", tag = "rotation", security(("bearer" = [])), responses((status = 200, description = "Served", body = UserView), Unauthorized, Unread))]
async fn me(Extension(tenant): At, request: Request) -> Result<Json<UserView>, Problem> {
    bearer::me(&tenant, request).await
}

/// Who the access token stands for, and only admins are told.
#[utoipa::path(get, path = "/auth/admin", tag = "rotation", security(("bearer" = [])), responses((status = 200, description = "Served", body = UserView), Unauthorized, Forbidden, Unread))]
async fn admin(Extension(tenant): At, request: Request) -> Result<Json<UserView>, Problem> {
    bearer::admin(&tenant, request).await
}

fn granted(tenant: &Tenant, grant: &Grant) -> Response {
    let mut response = Json(GrantView {
        access_token: grant.access.clone(),
        expires_in: grant.expires_in,
        refresh_key: grant.refresh_key.clone(),
        user: UserView::from(&grant.user),
    })
    .into_response();
    SESSION.keep(tenant, grant, &mut response);
    response
}
