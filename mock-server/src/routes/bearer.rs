//! Resources behind an access token (RFC 6750).

use axum::Json;
use axum::extract::Request;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};

use super::answer::Problem;
use super::input;
use super::view::UserView;
use crate::tenant::Tenant;
use crate::tokens::AccessClaims;

/// Whoever presents a good token sees whom it belongs to, as the token says it.
pub(crate) async fn me(tenant: &Tenant, request: Request) -> Result<Json<UserView>, Problem> {
    let (head, _) = input::read(request).await?;
    let claims = authenticate(tenant, &head.headers)?;
    tenant.tally.resource_ok.up();
    Ok(Json(UserView::from(&claims)))
}

/// The same, for admins.
pub(crate) async fn admin(tenant: &Tenant, request: Request) -> Result<Json<UserView>, Problem> {
    let (head, _) = input::read(request).await?;
    let claims = authenticate(tenant, &head.headers)?;
    admins_only(tenant, &claims)?;
    tenant.tally.resource_ok.up();
    Ok(Json(UserView::from(&claims)))
}

/// Refuses everybody else.
pub(crate) fn admins_only(tenant: &Tenant, claims: &AccessClaims) -> Result<(), Problem> {
    if claims.role == "admin" {
        return Ok(());
    }
    tenant.tally.resource_forbidden.up();
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "insufficient_scope",
        "This is for the role admin; sign in as admin@example.com.",
    )
    .challenge("Bearer error=\"insufficient_scope\""))
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

/// An access token as a resource sees it.
pub(crate) enum Presented {
    /// None came.
    Missing,
    /// What came is none of ours, or there were several.
    Invalid,
    /// One of ours, too late.
    Expired(AccessClaims),
    Good(AccessClaims),
}

pub(crate) fn judge(tenant: &Tenant, headers: &HeaderMap) -> Presented {
    let Some(token) = presented(headers) else {
        return Presented::Missing;
    };
    if headers.get_all(AUTHORIZATION).iter().count() > 1 {
        return Presented::Invalid;
    }
    match tenant.shared.keys.read_access(token, tenant.issuer()) {
        None => Presented::Invalid,
        // We number what we issue.
        Some(claims) if claims.issue().is_none() => Presented::Invalid,
        Some(claims) if tenant.is_expired(&claims) => Presented::Expired(claims),
        Some(claims) => Presented::Good(claims),
    }
}

/// Whoever presents a good token; everyone else is counted and refused.
pub(crate) fn authenticate(tenant: &Tenant, headers: &HeaderMap) -> Result<AccessClaims, Problem> {
    let refusal = match judge(tenant, headers) {
        Presented::Good(claims) => return Ok(claims),
        Presented::Missing => missing(),
        Presented::Invalid | Presented::Expired(_) => invalid(),
    };
    tenant.tally.resource_unauthorized.up();
    Err(refusal)
}

pub(crate) fn missing() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "missing_token",
        "Send the access token as Authorization: Bearer …",
    )
}

pub(crate) fn invalid() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "invalid_token",
        "The access token is expired or not one of ours; refresh it and try again.",
    )
    .challenge("Bearer error=\"invalid_token\"")
}
