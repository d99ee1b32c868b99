//! The contract `rotation`: the access token in the body, the refresh token in a cookie that is good
//! once.

use axum::Json;
use axum::Router;
use axum::extract::{Extension, Request};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::form_urlencoded;

use super::answer::Problem;
use super::cookies::Jar;
use super::{At, bearer, input};
use crate::domain::{Contract, LogoutScope, User, UserId};
use crate::secret::Secret;
use crate::service::{Denial, Door, Grant, Login, Renewal};
use crate::tenant::Tenant;
use crate::tokens::{AccessClaims, RefreshClaims};

pub(crate) const JAR: Jar = Jar {
    name: "refresh_token",
    path: "/auth",
};
const DOOR: Door<'static> = Door {
    contract: Contract::Rotation,
    client: "spa",
};

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/auth/login", post(login))
        .route("/auth/refresh", post(refresh))
        .route("/auth/logout", post(logout))
        .route("/auth/me", get(bearer::me))
        .route("/auth/admin", get(bearer::admin))
}

/// A user as clients see one.
#[derive(Debug, Serialize)]
pub(crate) struct UserView<'a> {
    id: &'a UserId,
    email: &'a str,
    role: &'a str,
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: Secret,
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
    let (head, body) = input::read(request).await?;
    let cookie = JAR.read(&head.headers)?;
    input::same_party(&tenant, &head.headers)?;
    let credentials: Credentials = input::json(&body).map_err(|wrong| {
        Problem::invalid_request(format!(
            "{wrong} Send {{\"email\":\"…\",\"password\":\"…\"}}."
        ))
    })?;
    let along = cookie.and_then(|token| own(&tenant, &token));
    match tenant.sign_in(
        DOOR,
        (&credentials.email, &credentials.password),
        along.as_ref(),
    )? {
        Login::Granted(grant) => Ok(granted(&tenant, &grant)),
        Login::Denied => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "invalid_credentials",
            "Wrong e-mail or password, or the user is inactive; try user@example.com with \"password\".",
        )),
    }
}

async fn refresh(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read(request).await?;
    let cookie = JAR.read(&head.headers)?;
    let key = input::idempotency_key(&head.headers)?;
    input::same_party(&tenant, &head.headers)?;
    match tenant.renew(DOOR, cookie.as_deref(), key)? {
        Renewal::Granted(grant) => Ok(granted(&tenant, &grant)),
        Renewal::Superseded => Err(Problem::new(
            StatusCode::CONFLICT,
            "superseded",
            "A newer refresh of this session was answered; use its token, or refresh with its key.",
        )),
        Renewal::Denied(denial) => Err(refused(&tenant, denial, key.is_some())),
    }
}

async fn logout(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read(request).await?;
    let cookie = JAR.read(&head.headers)?;
    input::same_party(&tenant, &head.headers)?;
    let scope = scope(&head.uri)?;
    let claims = cookie.and_then(|token| own(&tenant, &token));
    tenant.sign_out(claims.as_ref(), scope);
    let mut response = Json(json!({ "success": true })).into_response();
    match scope {
        LogoutScope::Local | LogoutScope::Global => {
            set(response.headers_mut(), JAR.clear(&tenant));
        }
        LogoutScope::Others => {}
    }
    Ok(response)
}

/// A refresh token of this contract.
fn own(tenant: &Tenant, token: &str) -> Option<RefreshClaims> {
    tenant
        .shared
        .keys
        .read_refresh(token)
        .filter(|claims| claims.client == DOOR.client)
}

fn granted(tenant: &Tenant, grant: &Grant) -> Response {
    let mut response = Json(GrantView {
        access_token: &grant.access,
        expires_in: grant.expires_in,
        refresh_key: &grant.refresh_key,
        user: UserView::from(&grant.user),
    })
    .into_response();
    set(
        response.headers_mut(),
        JAR.set(tenant, &grant.refresh, grant.refresh_expires_in),
    );
    response
}

/// A refusal clears the cookie, unless the request carried a key: such a one may be answered after a
/// newer login, whose cookie it would delete.
fn refused(tenant: &Tenant, denial: Denial, keyed: bool) -> Problem {
    let (reason, clear, text) = match denial {
        Denial::Missing => (
            Some("missing"),
            false,
            "No refresh_token cookie came; sign in, and send credentials.",
        ),
        Denial::Unknown => (
            None,
            true,
            "The refresh token is none of this server's sessions; sign in again.",
        ),
        Denial::Ended(reason) => (
            Some(reason.as_str()),
            true,
            "The session is over; sign in again.",
        ),
    };
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "invalid_grant", text).because(reason);
    match JAR.clear(tenant).filter(|_| clear && !keyed) {
        Some(cookie) => problem.with(SET_COOKIE, cookie),
        None => problem,
    }
}

fn set(headers: &mut HeaderMap, cookie: Option<axum::http::HeaderValue>) {
    if let Some(cookie) = cookie {
        headers.append(SET_COOKIE, cookie);
    }
}

fn scope(uri: &Uri) -> Result<LogoutScope, Problem> {
    let query = uri.query().unwrap_or_default();
    let mut scopes = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "scope");
    let wrong =
        || Problem::invalid_request("scope is local, others or global; without it, global.");
    match (scopes.next(), scopes.next()) {
        (None, _) => Ok(LogoutScope::default()),
        (Some((_, scope)), None) => match scope.as_ref() {
            "local" => Ok(LogoutScope::Local),
            "others" => Ok(LogoutScope::Others),
            "global" => Ok(LogoutScope::Global),
            _ => Err(wrong()),
        },
        (Some(_), Some(_)) => Err(wrong()),
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
