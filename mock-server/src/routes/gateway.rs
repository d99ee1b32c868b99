//! The contract `gateway`: whoever comes with an access token that is too old and a cookie that is good
//! is served, and finds the new access token in the answer's `Authorization` header.

use axum::body::Bytes;
use axum::extract::{Extension, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde::Serialize;

use super::answer::{self, Problem};
use super::bearer::{self, Presented};
use super::cookies::Jar;
use super::session::Session;
use super::view::{AccessView, UserView};
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

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/gateway/login", post(login))
        .route("/gateway/logout", post(logout))
        .route("/gateway/api/me", get(me))
        .route("/gateway/api/admin", get(admin))
        .route("/gateway/api/{*rest}", any(echo))
}

/// What came, for whoever wants to see that it arrived.
#[derive(Serialize)]
struct Echo {
    method: String,
    path: String,
    /// As text.
    body: String,
}

async fn login(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let grant = SESSION.login(&tenant, request).await?;
    let mut response = Json(AccessView {
        access_token: grant.access.clone(),
    })
    .into_response();
    SESSION.keep(&tenant, &grant, &mut response);
    Ok(response)
}

async fn logout(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    SESSION.logout(&tenant, request, LogoutScope::Local).await
}

async fn me(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read_any(request).await?;
    let pass = admit(&tenant, &head.headers)?;
    let answer = Json(UserView::from(&pass.claims)).into_response();
    Ok(pass.serve(&tenant, answer))
}

async fn admin(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read_any(request).await?;
    let pass = admit(&tenant, &head.headers)?;
    match bearer::admins_only(&tenant, &pass.claims) {
        Ok(()) => {
            let answer = Json(UserView::from(&pass.claims)).into_response();
            Ok(pass.serve(&tenant, answer))
        }
        Err(refusal) => Ok(pass.hand(refusal.into_response())),
    }
}

async fn echo(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, body) = input::read_any(request).await?;
    let pass = admit(&tenant, &head.headers)?;
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

fn admit(tenant: &Tenant, headers: &HeaderMap) -> Result<Pass, Problem> {
    let cookie = SESSION.jar.read(headers)?;
    input::same_party(tenant, headers)?;
    let refusal = match bearer::judge(tenant, headers) {
        Presented::Good(claims) => {
            return Ok(Pass {
                claims,
                renewed: None,
            });
        }
        Presented::Expired(claims) => return renew(tenant, &claims, cookie.as_deref()),
        Presented::Missing => bearer::missing(),
        Presented::Invalid => bearer::invalid(),
    };
    tenant.tally.resource_unauthorized.up();
    Err(refusal)
}

fn renew(tenant: &Tenant, old: &AccessClaims, cookie: Option<&str>) -> Result<Pass, Problem> {
    match tenant.renew_fixed(SESSION.door, cookie, Some(&old.sub))? {
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
