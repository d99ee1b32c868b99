//! Resources behind an access token (RFC 6750).

use axum::Json;
use axum::extract::Extension;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::answer::Problem;
use super::{At, rotation};
use crate::tenant::Tenant;
use crate::tokens::AccessClaims;

/// Whoever presents a good token sees whom it belongs to, as the token says it.
pub(crate) async fn me(Extension(tenant): At, headers: HeaderMap) -> Result<Response, Problem> {
    let claims = authenticate(&tenant, &headers)?;
    tenant.tally.resource_ok.up();
    Ok(Json(rotation::UserView::from(&claims)).into_response())
}

/// The same, for admins.
pub(crate) async fn admin(Extension(tenant): At, headers: HeaderMap) -> Result<Response, Problem> {
    let claims = authenticate(&tenant, &headers)?;
    if claims.role != "admin" {
        tenant.tally.resource_forbidden.up();
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            "This is for the role admin; sign in as admin@example.com.",
        )
        .challenge("Bearer error=\"insufficient_scope\""));
    }
    tenant.tally.resource_ok.up();
    Ok(Json(rotation::UserView::from(&claims)).into_response())
}

/// The token of a request, whatever becomes of it.
pub(crate) fn presented(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .trim()
        .split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn authenticate(tenant: &Tenant, headers: &HeaderMap) -> Result<AccessClaims, Problem> {
    let outcome = match presented(headers) {
        None => Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "missing_token",
            "Send the access token as Authorization: Bearer …",
        )),
        Some(token) => tenant
            .shared
            .keys
            .read_access(token, tenant.issuer())
            .filter(|claims| !tenant.is_expired(claims))
            .filter(|_| headers.get_all(AUTHORIZATION).iter().count() == 1)
            .ok_or_else(|| {
                Problem::new(
                    StatusCode::UNAUTHORIZED,
                    "invalid_token",
                    "The access token is expired or not one of ours; refresh it and try again.",
                )
                .challenge("Bearer error=\"invalid_token\"")
            }),
    };
    if outcome.is_err() {
        tenant.tally.resource_unauthorized.up();
    }
    outcome
}
