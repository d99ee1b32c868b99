//! What a backend looks like, as data: where its endpoints are and where its answers keep things.

/// One endpoint: how a request to it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The path below the base URL, with its leading slash.
    pub path: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// Whether the request carries the caller's credentials as JSON.
    pub json: bool,
}

/// Where an answer keeps what the client needs, as dotted paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// The access token, a string.
    pub access_token: &'static str,
    /// Its lifetime in seconds (RFC 6749 §5.1 `expires_in`).
    pub expires_in: &'static str,
    /// Who it stands for.
    pub user: &'static str,
}

/// A backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Exchanges credentials for a session.
    pub login: Endpoint,
    /// Exchanges the session for a fresh access token.
    pub refresh: Endpoint,
    /// Ends the session.
    pub logout: Endpoint,
    /// Where answers keep things.
    pub fields: Fields,
}

impl Contract {
    /// One-time refresh tokens in an HttpOnly cookie, as `evertoken-mock` serves them by default.
    pub const ROTATION: Self = Self {
        login: Endpoint {
            path: "/auth/login",
            method: "POST",
            json: true,
        },
        refresh: Endpoint {
            path: "/auth/refresh",
            method: "POST",
            json: false,
        },
        logout: Endpoint {
            path: "/auth/logout",
            method: "POST",
            json: false,
        },
        fields: Fields {
            access_token: "accessToken",
            expires_in: "expiresIn",
            user: "user",
        },
    };
}
