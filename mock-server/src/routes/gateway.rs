//! The contract `gateway`: whoever comes with an access token that is too old and a cookie that is good
//! is served, and finds the new access token in the answer's `Authorization` header.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{self, Problem, Refusal};
use super::bearer::{self, Presented};
use super::cookies::Jar;
use super::document::{
    Foreign, Invalid, Limited, Unauthorized, Unavailable, Unread, UnreadOfAnyType,
};
use super::session::Session;
use super::view::{AccessView, Credentials, Success, UserView};
use super::{At, input};
use crate::domain::{Contract, LogoutScope};
use crate::secret::Secret;
use crate::service::{Door, Fixed, Unsigned};
use crate::tenant::Tenant;
use crate::tokens::AccessClaims;

pub(crate) const SESSION: Session = Session {
    door: Door {
        contract: Contract::Gateway,
        client: "spa",
    },
    jar: Jar {
        name: "refreshToken",
        path: "/gateway",
    },
};

pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(logout))
        .routes(routes!(me))
        .routes(routes!(admin))
        // OpenAPI has no word for any path; the document names this one by itself.
        .route("/gateway/api/{*rest}", any(echo))
}

/// What came, for whoever wants to see that it arrived.
#[derive(Serialize, ToSchema)]
pub(crate) struct Echo {
    method: String,
    path: String,
    /// As text.
    body: String,
}

/// Signs in.
#[utoipa::path(post, path = "/gateway/login", tag = "gateway", security((), ("fixed" = [])), request_body = Credentials, responses((status = 200, description = "Granted", body = AccessView, headers(("Set-Cookie" = String, description = "The refresh token"))), Invalid, Unauthorized, Foreign, Limited, Unread, Unavailable))]
async fn login(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    SESSION.login_for_access(&tenant, request).await
}

/// Signs out: here, or as far as scope says.
#[utoipa::path(post, path = "/gateway/logout", tag = "gateway", params(("scope" = Option<String>, Query, description = "local, others or global")), security(("fixed" = [])), responses((status = 200, description = "Signed out", body = Success, headers(("Set-Cookie" = String, description = "Cleared"))), Invalid, Foreign, Unread, Unavailable))]
async fn logout(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    SESSION.logout(&tenant, request, LogoutScope::Local).await
}

/// Who the access token stands for.
#[utoipa::path(get, path = "/gateway/api/me", tag = "gateway", security(("bearer" = [], "fixed" = [])), responses((status = 200, description = "Served; where the access token had expired, with a new one", body = UserView, headers(("Authorization" = String, description = "Bearer and the new access token, where one was due"))), Invalid, Unauthorized, (status = 403, description = "invalid_grant: expired, and the cookie does not help; or csrf_rejected", body = Refusal), UnreadOfAnyType, Unavailable))]
async fn me(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read_any(request).await?;
    let pass = admit(&tenant, &head.headers).await?;
    let answer = Json(UserView::from(&pass.claims)).into_response();
    Ok(pass.serve(&tenant, answer))
}

/// Who the access token stands for, and only admins are told.
#[utoipa::path(get, path = "/gateway/api/admin", tag = "gateway", security(("bearer" = [], "fixed" = [])), responses((status = 200, description = "Served; where the access token had expired, with a new one", body = UserView, headers(("Authorization" = String, description = "Bearer and the new access token, where one was due"))), Invalid, Unauthorized, (status = 403, description = "invalid_grant: expired, and the cookie does not help; or csrf_rejected; or insufficient_scope", body = Refusal), UnreadOfAnyType, Unavailable))]
async fn admin(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read_any(request).await?;
    let pass = admit(&tenant, &head.headers).await?;
    match bearer::admins_only(&tenant, &pass.claims) {
        Ok(()) => {
            let answer = Json(UserView::from(&pass.claims)).into_response();
            Ok(pass.serve(&tenant, answer))
        }
        Err(refusal) => Ok(pass.hand(refusal.into_response())),
    }
}

/// Whatever is sent, sent back: any method, any path.
#[utoipa::path(method(get, post, put, patch, delete), path = "/gateway/api/{rest}", tag = "gateway", params(("rest" = String, Path)), security(("bearer" = [], "fixed" = [])), responses((status = 200, description = "Served; where the access token had expired, with a new one", body = Echo, headers(("Authorization" = String, description = "Bearer and the new access token, where one was due"))), Invalid, Unauthorized, (status = 403, description = "invalid_grant: expired, and the cookie does not help; or csrf_rejected", body = Refusal), UnreadOfAnyType, Unavailable))]
pub(crate) async fn echo(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, body) = input::read_any(request).await?;
    let pass = admit(&tenant, &head.headers).await?;
    let answer = Json(Echo {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        body: text(&body),
    })
    .into_response();
    Ok(pass.serve(&tenant, answer))
}

fn text(body: &Bytes) -> String {
    String::from_utf8_lossy(body).into_owned()
}

/// Whoever is let through, and the token to hand over on the way.
struct Pass {
    claims: AccessClaims,
    renewed: Option<Secret>,
}

impl Pass {
    fn serve(self, tenant: &Tenant, answer: Response) -> Response {
        tenant.tally.resource_ok.up();
        self.hand(answer)
    }

    fn hand(self, mut answer: Response) -> Response {
        let header = self
            .renewed
            .and_then(|token| HeaderValue::from_str(&format!("Bearer {}", token.expose())).ok());
        if let Some(mut value) = header {
            value.set_sensitive(true);
            answer.headers_mut().insert(AUTHORIZATION, value);
        }
        answer
    }
}

async fn admit(tenant: &Tenant, headers: &HeaderMap) -> Result<Pass, Problem> {
    let cookie = SESSION.jar.read(headers)?;
    input::same_party(tenant, headers)?;
    let refusal = match bearer::judge(tenant, headers) {
        Presented::Good(claims) => {
            return Ok(Pass {
                claims,
                renewed: None,
            });
        }
        Presented::Expired(claims) => return renew(tenant, &claims, cookie.as_deref()).await,
        Presented::Missing => bearer::missing(),
        Presented::Invalid => bearer::invalid(),
    };
    tenant.tally.resource_unauthorized.up();
    Err(refusal)
}

async fn renew(tenant: &Tenant, old: &AccessClaims, cookie: Option<&str>) -> Result<Pass, Problem> {
    let token = tenant.token(SESSION.door, cookie);
    let renewed = tenant.renew_fixed(SESSION.door, &token, Some(&old.sub));
    match renewed.await? {
        Fixed::Granted(token) => Ok(Pass {
            claims: tenant
                .shared
                .keys
                .read_access(token.expose(), tenant.issuer())
                .ok_or(Unsigned)?,
            renewed: Some(token),
        }),
        Fixed::Denied(denial) => Err(answer::denied(StatusCode::FORBIDDEN, denial)),
    }
}
