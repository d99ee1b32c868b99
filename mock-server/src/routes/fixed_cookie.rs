//! The contract `fixed-cookie`: a cookie that is not rotated, and 403 where it is refused.

use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;

use super::answer::Problem;
use super::cookies::Jar;
use super::session::Session;
use super::view::AccessView;
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

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/api/v1/auth/login", post(login))
        .route("/api/v1/auth/refresh-token", post(refresh))
        .route("/api/v1/auth/logout", post(logout))
        .route("/api/v1/bookings", get(bookings))
}

/// Something behind the access token.
#[derive(Serialize)]
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

async fn login(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let grant = SESSION.login(&tenant, request).await?;
    let mut response = Json(AccessView {
        access_token: grant.access.clone(),
    })
    .into_response();
    SESSION.keep(&tenant, &grant, &mut response);
    Ok(response)
}

async fn refresh(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read(request).await?;
    let cookie = SESSION.jar.read(&head.headers)?;
    let key = input::idempotency_key(&head.headers)?;
    input::same_party(&tenant, &head.headers)?;
    input::within_rate(&tenant, &head, Kind::Refresh)?;
    match tenant.renew_fixed(SESSION.door, cookie.as_deref(), None)? {
        Fixed::Granted(access_token) => Ok(Json(AccessView { access_token }).into_response()),
        Fixed::Denied(denial) => {
            Err(SESSION.refused(&tenant, StatusCode::FORBIDDEN, denial, key.is_some()))
        }
    }
}

async fn logout(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    SESSION.logout(&tenant, request, LogoutScope::Local).await
}

async fn bookings(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read(request).await?;
    bearer::authenticate(&tenant, &head.headers)?;
    tenant.tally.resource_ok.up();
    Ok(Json(BOOKINGS).into_response())
}
