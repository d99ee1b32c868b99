//! The contract `code-exchange`: a platform's login code for a pair of tokens in the body, as
//! mini-programs have it. The platform is the mock too: it mints a code for whoever is named.

use axum::Json;
use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{self, Problem};
use super::document::{
    Closed, Forbidden, Invalid, Limited, Superseded, Unauthorized, Unavailable, Unread, Wrong,
};
use super::session::scope;
use super::view::{Success, UserView};
use super::{At, bearer, input};
use crate::control;
use crate::domain::{Contract, LogoutScope};
use crate::journal::EntryId;
use crate::limits::Kind;
use crate::secret::Secret;
use crate::service::{Door, Grant, Login, Renewal, Token};
use crate::tenant::Tenant;
use crate::tickets::CODE_SECONDS;

const DOOR: Door<'static> = Door {
    contract: Contract::CodeExchange,
    client: "spa",
};

pub(crate) fn routes() -> OpenApiRouter {
    // A code is a login: whoever may not use the controls may not have one.
    let platform = OpenApiRouter::new()
        .routes(routes!(mint))
        .route_layer(middleware::from_fn(control::guard));
    platform
        .merge(OpenApiRouter::new().routes(routes!(login)))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(profile))
        .routes(routes!(admin))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Platform {
    email: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MintedCode)]
struct CodeView {
    #[schema(value_type = String)]
    code: Secret,
    expires_in: u64,
}

#[derive(Deserialize, ToSchema)]
struct Code {
    #[schema(value_type = String)]
    code: Secret,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RefreshToken {
    #[schema(value_type = Option<String>)]
    refresh_token: Option<Secret>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Pair)]
struct PairView {
    #[schema(value_type = String)]
    access_token: Secret,
    #[schema(value_type = String)]
    refresh_token: Secret,
    #[schema(value_type = String)]
    refresh_key: Secret,
    expires_in: u64,
}

/// The platform: a login code for whoever is named.
#[utoipa::path(post, path = "/wx/code", tag = "code-exchange", request_body = Platform, responses((status = 200, description = "A code, good once", body = CodeView), Closed, Wrong, Unread, Unavailable))]
async fn mint(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let platform: Platform = control::body(request).await?;
    let users = tenant.users();
    let user = control::account(&users, "email", &platform.email)?;
    Ok(Json(CodeView {
        code: tenant.mint_code(user).await?,
        expires_in: CODE_SECONDS,
    })
    .into_response())
}

/// Spends a login code for a pair of tokens.
#[utoipa::path(post, path = "/wx/auth/login", tag = "code-exchange", request_body = Code, responses((status = 200, description = "Granted", body = PairView), Invalid, Unauthorized, Limited, Unread, Unavailable))]
async fn login(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, body) = input::read(request).await?;
    input::within_rate(&tenant, &head, Kind::Login)?;
    let Code { code } = input::json(&body).map_err(|wrong| {
        Problem::invalid_request(format!("{wrong} Send {{\"code\":\"…\"}} from /wx/code."))
    })?;
    let user = tenant.owner_of(&code).await?;
    let login = tenant.sign_in_as(DOOR, user.as_ref(), None, code.expose());
    match login.await? {
        Login::Granted(grant) => Ok(granted(*grant)),
        Login::Denied => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "invalid_credentials",
            "The code is unknown, spent or expired, or its user inactive; get a new one from /wx/code.",
        )),
    }
}

/// Spends the refresh token for a new pair.
#[utoipa::path(post, path = "/wx/auth/refresh", tag = "code-exchange", params(("Idempotency-Key" = Option<String>, Header, description = "The newest refresh key, or any text of 1 to 256 bytes")), request_body = RefreshToken, responses((status = 200, description = "Granted", body = PairView), Invalid, Unauthorized, Superseded, Limited, Unread, Unavailable))]
async fn refresh(
    Extension(tenant): At,
    Extension(entry): Extension<EntryId>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, body) = input::read(request).await?;
    let key = input::idempotency_key(&head.headers)?;
    input::within_rate(&tenant, &head, Kind::Refresh)?;
    let token = noted(&tenant, entry, &body)?;
    match tenant.renew(DOOR, &token, key).await? {
        Renewal::Granted(grant) => Ok(granted(*grant)),
        Renewal::Superseded => Err(answer::superseded()),
        Renewal::Denied(denial) => Err(answer::denied(StatusCode::UNAUTHORIZED, denial)),
    }
}

/// Signs out: here, or as far as scope says.
#[utoipa::path(post, path = "/wx/auth/logout", tag = "code-exchange", params(("scope" = Option<String>, Query, description = "local, others or global")), request_body = RefreshToken, responses((status = 200, description = "Signed out", body = Success), Invalid, Unread, Unavailable))]
async fn logout(
    Extension(tenant): At,
    Extension(entry): Extension<EntryId>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, body) = input::read(request).await?;
    let scope = scope(&head.uri, LogoutScope::Local)?;
    let token = noted(&tenant, entry, &body)?;
    tenant.sign_out(DOOR, &token, scope).await?;
    Ok(Success::response())
}

/// The refresh token of a body, read and written down.
fn noted(tenant: &Tenant, entry: EntryId, body: &[u8]) -> Result<Token, Problem> {
    Ok(match token(body)? {
        None => Token::Missing,
        Some(token) => Token::read(DOOR, tenant.note(entry, token.expose())),
    })
}

/// The refresh token in the body of any request.
pub(crate) fn token_in(body: &[u8]) -> Option<String> {
    Some(token(body).ok()??.expose().to_owned())
}

/// The refresh token of a body; an empty one is none, as an empty cookie is.
fn token(body: &[u8]) -> Result<Option<Secret>, Problem> {
    if body.is_empty() {
        return Ok(None);
    }
    let RefreshToken { refresh_token } = input::json(body).map_err(|wrong| {
        Problem::invalid_request(format!("{wrong} Send {{\"refreshToken\":\"…\"}}."))
    })?;
    Ok(refresh_token.filter(|token| !token.expose().is_empty()))
}

/// Who the access token stands for.
#[utoipa::path(get, path = "/wx/api/profile", tag = "code-exchange", security(("bearer" = [])), responses((status = 200, description = "Served", body = UserView), Unauthorized, Unread))]
async fn profile(Extension(tenant): At, request: Request) -> Result<Json<UserView>, Problem> {
    bearer::me(&tenant, request).await
}

/// Who the access token stands for, and only admins are told.
#[utoipa::path(get, path = "/wx/api/admin", tag = "code-exchange", security(("bearer" = [])), responses((status = 200, description = "Served", body = UserView), Unauthorized, Forbidden, Unread))]
async fn admin(Extension(tenant): At, request: Request) -> Result<Json<UserView>, Problem> {
    bearer::admin(&tenant, request).await
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
