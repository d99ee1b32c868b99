//! What `/openapi.json` says (OpenAPI 3.1): made of the handlers and the types they answer with.
//!
//! The refusals that many endpoints share are types here, so that each is described once.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{self, Server};
use utoipa::{IntoResponses, Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use super::answer::Refusal;

/// `invalid_request`: something is malformed, missing or there twice.
#[derive(IntoResponses)]
#[response(status = 400)]
#[expect(dead_code, reason = "it is a description")]
pub(crate) struct Invalid(Refusal);

/// No token, or one that is expired or none of ours (RFC 6750 §3).
#[derive(IntoResponses)]
#[response(status = 401, headers(("WWW-Authenticate" = String, description = "Bearer, and why")))]
#[expect(dead_code, reason = "it is a description")]
pub(crate) struct Unauthorized(Refusal);

/// `csrf_rejected`: pages of this origin may not.
#[derive(IntoResponses)]
#[response(status = 403)]
#[expect(dead_code, reason = "it is a description")]
pub(crate) struct Foreign(Refusal);

/// `insufficient_scope`: for another role.
#[derive(IntoResponses)]
#[response(status = 403)]
#[expect(dead_code, reason = "it is a description")]
pub(crate) struct Forbidden(Refusal);

/// `superseded`: an old copy of an honest request.
#[derive(IntoResponses)]
#[response(status = 409)]
#[expect(dead_code, reason = "it is a description")]
pub(crate) struct Superseded(Refusal);

/// `rate_limited`: too many from this address.
#[derive(IntoResponses)]
#[response(status = 429, headers(("Retry-After" = u64, description = "Seconds, at least 1")))]
#[expect(dead_code, reason = "it is a description")]
pub(crate) struct Limited(Refusal);

/// `temporarily_unavailable`: the store of sessions did not answer. No cookie is set or cleared.
#[derive(IntoResponses)]
#[response(status = 503, headers(("Retry-After" = u64, description = "Seconds, at least 1")))]
#[expect(dead_code, reason = "it is a description")]
pub(crate) struct Unavailable(Refusal);

/// A body that was not read.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it is a description")]
pub(crate) enum Unread {
    /// `request_timeout`: it did not arrive.
    #[response(status = 408)]
    Late(Refusal),
    /// `payload_too_large`: over 64 KiB.
    #[response(status = 413)]
    Large(Refusal),
    /// `unsupported_media_type`.
    #[response(status = 415)]
    Other(Refusal),
}

/// A body of any type that was not read.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it is a description")]
pub(crate) enum UnreadOfAnyType {
    /// `request_timeout`: it did not arrive.
    #[response(status = 408)]
    Late(Refusal),
    /// `payload_too_large`: over 64 KiB.
    #[response(status = 413)]
    Large(Refusal),
}

/// The controls do not answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "it is a description")]
pub(crate) enum Closed {
    /// `control_forbidden`: not for this page, or not under this `Host`.
    #[response(status = 403)]
    Forbidden(Refusal),
    /// The controls are off.
    #[response(status = 404)]
    Off(Refusal),
}

/// `invalid_control`: an order that names what is wrong with it.
#[derive(IntoResponses)]
#[response(status = 422)]
#[expect(dead_code, reason = "it is a description")]
pub(crate) struct Wrong(Refusal);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "evertoken-mock",
        description = "An auth server for tests. Every path also answers under /t/{tenant}/, with state of its own."
    ),
    paths(super::gateway::echo),
    tags(
        (name = "rotation", description = "A rotating cookie"),
        (name = "oauth2", description = "Tokens in the body, after RFC 6749"),
        (name = "fixed-cookie", description = "A cookie that is not rotated"),
        (name = "gateway", description = "The backend renews while it serves"),
        (name = "code-exchange", description = "A platform's login code"),
        (name = "controls", description = "What a test does"),
    ),
    modifiers(&Schemes)
)]
struct Document;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        for (name, cookie) in [("rotating", "refresh_token"), ("fixed", "refreshToken")] {
            let cookie = ApiKey::Cookie(ApiKeyValue::new(cookie));
            components.add_security_scheme(name, SecurityScheme::ApiKey(cookie));
        }
    }
}

/// What is said of these routes, at the server's address. It is made when somebody asks for it: it takes
/// megabytes while it lasts, and a server that is not asked has no use for it.
pub(crate) fn of(routes: OpenApiRouter, url: &str) -> openapi::OpenApi {
    let (_, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .merge(routes)
        .split_for_parts();
    document.servers = Some(vec![Server::new(url)]);
    document
}
