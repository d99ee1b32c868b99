//! Every endpoint, for tests that ask all of them.

use evertoken_mock::Counters;

use crate::rig::Mock;

#[derive(Clone, Copy, PartialEq)]
pub enum Takes {
    Json,
    Form,
    Anything,
}

pub struct Endpoint {
    pub method: &'static str,
    pub path: &'static str,
    pub takes: Takes,
    /// The cookie it reads.
    pub cookie: Option<&'static str>,
}

const fn endpoint(
    method: &'static str,
    path: &'static str,
    takes: Takes,
    cookie: Option<&'static str>,
) -> Endpoint {
    Endpoint {
        method,
        path,
        takes,
        cookie,
    }
}

const ROTATING: Option<&str> = Some("refresh_token");
const FIXED: Option<&str> = Some("refreshToken");

pub const ENDPOINTS: [Endpoint; 25] = [
    endpoint("POST", "/auth/login", Takes::Json, ROTATING),
    endpoint("POST", "/auth/refresh", Takes::Json, ROTATING),
    endpoint("POST", "/auth/logout", Takes::Json, ROTATING),
    endpoint("GET", "/auth/me", Takes::Json, None),
    endpoint("GET", "/auth/admin", Takes::Json, None),
    endpoint("POST", "/auth/token", Takes::Form, None),
    endpoint("POST", "/auth/revoke", Takes::Form, None),
    endpoint("POST", "/api/v1/auth/login", Takes::Json, FIXED),
    endpoint("POST", "/api/v1/auth/refresh-token", Takes::Json, FIXED),
    endpoint("POST", "/api/v1/auth/logout", Takes::Json, FIXED),
    endpoint("GET", "/api/v1/auth/google", Takes::Anything, None),
    endpoint(
        "GET",
        "/api/v1/auth/google/callback",
        Takes::Anything,
        FIXED,
    ),
    endpoint("GET", "/api/v1/bookings", Takes::Json, None),
    endpoint("POST", "/gateway/login", Takes::Json, FIXED),
    endpoint("POST", "/gateway/logout", Takes::Json, FIXED),
    endpoint("GET", "/gateway/api/me", Takes::Anything, FIXED),
    endpoint("GET", "/gateway/api/admin", Takes::Anything, FIXED),
    endpoint("POST", "/wx/code", Takes::Json, None),
    endpoint("POST", "/wx/auth/login", Takes::Json, None),
    endpoint("POST", "/wx/auth/refresh", Takes::Json, None),
    endpoint("POST", "/wx/auth/logout", Takes::Json, None),
    endpoint("GET", "/wx/api/profile", Takes::Json, None),
    endpoint("GET", "/wx/api/admin", Takes::Json, None),
    endpoint("POST", "/__mock/clock", Takes::Json, None),
    endpoint("POST", "/__mock/expire", Takes::Json, None),
];

/// The gateway's echo answers every method, so it is asked separately.
pub const ECHO: Endpoint = endpoint("POST", "/gateway/api/anything", Takes::Anything, FIXED);

pub fn all() -> impl Iterator<Item = &'static Endpoint> {
    ENDPOINTS.iter().chain([&ECHO])
}

/// Whether anything but refusals was counted, and nobody was signed in or out.
pub async fn is_untouched(mock: &Mock) -> bool {
    let Counters {
        login,
        refresh,
        rotations,
        reuse,
        resource,
        ..
    } = mock.root().counters();
    mock.root().families().await.unwrap().is_empty()
        && (
            login.ok,
            refresh.ok,
            refresh.replayed,
            rotations,
            reuse,
            resource.ok,
        ) == (0, 0, 0, 0, 0, 0)
        && mock.root().clock().offset().is_zero()
}
