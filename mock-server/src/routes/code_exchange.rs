//! The contract `code-exchange`: a platform's login code for a pair of tokens in the body, as
//! mini-programs have it. The platform is the mock too: it mints a code for whoever is named.

use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::answer::{self, Problem};
use super::session::scope;
use super::view::Success;
use super::{At, bearer, input};
use crate::control;
use crate::domain::{Contract, LogoutScope};
use crate::journal::EntryId;
use crate::limits::Kind;
use crate::secret::Secret;
use crate::service::{Door, Grant, Login, Renewal};
use crate::tickets::CODE_SECONDS;

const DOOR: Door<'static> = Door {
    contract: Contract::CodeExchange,
    client: "spa",
};

pub(crate) fn routes() -> Router {
    // A code is a login: whoever may not use the controls may not have one.
    let mint = post(mint).route_layer(middleware::from_fn(control::guard));
    Router::new()
        .route("/wx/code", mint)
        .route("/wx/auth/login", post(login))
        .route("/wx/auth/refresh", post(refresh))
        .route("/wx/auth/logout", post(logout))
        .route("/wx/api/profile", get(bearer::me))
        .route("/wx/api/admin", get(bearer::admin))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Platform {
    email: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeView {
    code: Secret,
    expires_in: u64,
}

#[derive(Deserialize)]
struct Code {
    code: Secret,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    refresh_token: Option<Secret>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PairView {
    access_token: Secret,
    refresh_token: Secret,
    refresh_key: Secret,
    expires_in: u64,
}

async fn mint(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let platform: Platform = control::body(request).await?;
    let users = tenant.users();
    let user = control::account(&users, &platform.email)?;
    Ok(Json(CodeView {
        code: tenant.mint_code(user),
        expires_in: CODE_SECONDS,
    })
    .into_response())
}

async fn login(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, body) = input::read(request).await?;
    input::within_rate(&tenant, &head, Kind::Login)?;
    let Code { code } = input::json(&body).map_err(|wrong| {
        Problem::invalid_request(format!("{wrong} Send {{\"code\":\"…\"}} from /wx/code."))
    })?;
    let user = tenant.redeem_code(&code);
    match tenant.sign_in_as(DOOR, user.as_ref(), None)? {
        Login::Granted(grant) => Ok(granted(*grant)),
        Login::Denied => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "invalid_credentials",
            "The code is unknown, spent or expired, or its user inactive; get a new one from /wx/code.",
        )),
    }
}

async fn refresh(
    Extension(tenant): At,
    Extension(entry): Extension<EntryId>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, body) = input::read(request).await?;
    let key = input::idempotency_key(&head.headers)?;
    input::within_rate(&tenant, &head, Kind::Refresh)?;
    let token = token(&body)?;
    if let Some(token) = &token {
        tenant.note(entry, token.expose());
    }
    match tenant.renew(DOOR, token.as_ref().map(Secret::expose), key)? {
        Renewal::Granted(grant) => Ok(granted(*grant)),
        Renewal::Superseded => Err(answer::superseded()),
        Renewal::Denied(denial) => Err(answer::denied(StatusCode::UNAUTHORIZED, denial)),
    }
}

async fn logout(
    Extension(tenant): At,
    Extension(entry): Extension<EntryId>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, body) = input::read(request).await?;
    let scope = scope(&head.uri, LogoutScope::Local)?;
    let token = token(&body)?;
    if let Some(token) = &token {
        tenant.note(entry, token.expose());
    }
    tenant.sign_out(DOOR, token.as_ref().map(Secret::expose), scope);
    Ok(Success::response())
}

/// The refresh token of a body; an empty one is none, as an empty cookie is.
fn token(body: &[u8]) -> Result<Option<Secret>, Problem> {
    if body.is_empty() {
        return Ok(None);
    }
    let Token { refresh_token } = input::json(body).map_err(|wrong| {
        Problem::invalid_request(format!("{wrong} Send {{\"refreshToken\":\"…\"}}."))
    })?;
    Ok(refresh_token.filter(|token| !token.expose().is_empty()))
}

fn granted(grant: Grant) -> Response {
    Json(PairView {
        access_token: grant.access,
        refresh_token: grant.refresh,
        refresh_key: grant.refresh_key,
        expires_in: grant.expires_in,
    })
    .into_response()
}
