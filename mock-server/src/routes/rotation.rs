//! The contract `rotation`: the access token in the body, the refresh token in a cookie that is good
//! once.

use axum::Json;
use axum::Router;
use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Serialize;

use super::answer::{self, Problem};
use super::cookies::Jar;
use super::session::Session;
use super::view::UserView;
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

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/auth/login", post(login))
        .route("/auth/refresh", post(refresh))
        .route("/auth/logout", post(logout))
        .route("/auth/me", get(bearer::me))
        .route("/auth/admin", get(bearer::admin))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GrantView<'a> {
    access_token: &'a Secret,
    expires_in: u64,
    refresh_key: &'a Secret,
    user: UserView<'a>,
}

async fn login(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let grant = SESSION.login(&tenant, request).await?;
    Ok(granted(&tenant, &grant))
}

async fn refresh(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read(request).await?;
    let cookie = SESSION.jar.read(&head.headers)?;
    let key = input::idempotency_key(&head.headers)?;
    input::same_party(&tenant, &head.headers)?;
    input::within_rate(&tenant, &head, Kind::Refresh)?;
    match tenant.renew(SESSION.door, cookie.as_deref(), key)? {
        Renewal::Granted(grant) => Ok(granted(&tenant, &grant)),
        Renewal::Superseded => Err(answer::superseded()),
        Renewal::Denied(denial) => {
            Err(SESSION.refused(&tenant, StatusCode::UNAUTHORIZED, denial, key.is_some()))
        }
    }
}

async fn logout(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    SESSION.logout(&tenant, request, LogoutScope::Global).await
}

fn granted(tenant: &Tenant, grant: &Grant) -> Response {
    let mut response = Json(GrantView {
        access_token: &grant.access,
        expires_in: grant.expires_in,
        refresh_key: &grant.refresh_key,
        user: UserView::from(&grant.user),
    })
    .into_response();
    SESSION.keep(tenant, grant, &mut response);
    response
}
