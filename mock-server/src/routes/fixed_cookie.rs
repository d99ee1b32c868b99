//! The contract `fixed-cookie`: a cookie that is not rotated, and 403 where it is refused.

use axum::Json;
use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Problem, Refusal};
use super::cookies::Jar;
use super::document::{Foreign, Invalid, Limited, Unauthorized, Unavailable, Unread};
use super::session::Session;
use super::view::{AccessView, Credentials, Success};
use super::{At, bearer, input};
use crate::domain::{Contract, LogoutScope};
use crate::limits::Kind;
use crate::service::{Door, Fixed};

pub(crate) const SESSION: Session = Session {
    door: Door {
        contract: Contract::FixedCookie,
        client: "spa",
    },
    jar: Jar {
        name: "refreshToken",
        path: "/api/v1/auth",
    },
};

pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(bookings))
}

/// Something behind the access token.
#[derive(Serialize, ToSchema)]
struct Booking {
    id: u32,
    tour: &'static str,
    seats: u32,
}

const BOOKINGS: [Booking; 2] = [
    Booking {
        id: 1,
        tour: "Harbour by boat",
        seats: 2,
    },
    Booking {
        id: 2,
        tour: "Old town on foot",
        seats: 4,
    },
];

/// Signs in.
#[utoipa::path(post, path = "/api/v1/auth/login", tag = "fixed-cookie", security((), ("fixed" = [])), request_body = Credentials, responses((status = 200, description = "Granted", body = AccessView, headers(("Set-Cookie" = String, description = "The refresh token"))), Invalid, Unauthorized, Foreign, Limited, Unread, Unavailable))]
async fn login(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    SESSION.login_for_access(&tenant, request).await
}

/// A fresh access token; the cookie stays.
#[utoipa::path(post, path = "/api/v1/auth/refresh-token", tag = "fixed-cookie", security(("fixed" = [])), responses((status = 200, description = "Granted", body = AccessView), Invalid, (status = 403, description = "invalid_grant: the session is over, and the cookie cleared; or csrf_rejected", body = Refusal), Limited, Unread, Unavailable))]
async fn refresh(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read(request).await?;
    let cookie = SESSION.jar.read(&head.headers)?;
    let key = input::idempotency_key(&head.headers)?;
    input::same_party(&tenant, &head.headers)?;
    input::within_rate(&tenant, &head, Kind::Refresh)?;
    let token = tenant.token(SESSION.door, cookie.as_deref());
    let renewed = tenant.renew_fixed(SESSION.door, &token, None);
    match renewed.await? {
        Fixed::Granted(access_token) => Ok(Json(AccessView { access_token }).into_response()),
        Fixed::Denied(denial) => {
            Err(SESSION.refused(&tenant, StatusCode::FORBIDDEN, denial, key.is_some()))
        }
    }
}

/// Signs out: here, or as far as scope says.
#[utoipa::path(post, path = "/api/v1/auth/logout", tag = "fixed-cookie", params(("scope" = Option<String>, Query, description = "local, others or global")), security(("fixed" = [])), responses((status = 200, description = "Signed out", body = Success, headers(("Set-Cookie" = String, description = "Cleared"))), Invalid, Foreign, Unread, Unavailable))]
async fn logout(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    SESSION.logout(&tenant, request, LogoutScope::Local).await
}

/// Something to protect.
#[utoipa::path(get, path = "/api/v1/bookings", tag = "fixed-cookie", security(("bearer" = [])), responses((status = 200, description = "Served", body = [Booking]), Unauthorized, Unread))]
async fn bookings(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read(request).await?;
    bearer::authenticate(&tenant, &head.headers)?;
    tenant.tally.resource_ok.up();
    Ok(Json(BOOKINGS).into_response())
}
