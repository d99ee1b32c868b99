//! The shapes of the backends people use, as their refusals arrive.

use evertoken_core::{Detail, Reason};
use serde_json::{Value, json};

use crate::support::Refused::{Denied, Misconfigured};
use crate::support::{refused, reply};

#[test]
fn refusals_of_frameworks_are_denials() {
    for (who, status, body) in [
        (
            "Express, by hand",
            401,
            json!({"message": "Invalid refresh token"}),
        ),
        (
            "Express, by hand",
            401,
            json!({"success": false, "error": "TokenExpiredError"}),
        ),
        ("Express, sendStatus", 401, Value::Null),
        (
            "Nest",
            401,
            json!({"message": "Unauthorized", "statusCode": 401}),
        ),
        (
            "Nest",
            401,
            json!({"message": ["a", "b"], "error": "Unauthorized", "statusCode": 401}),
        ),
        (
            "Fastify",
            401,
            json!({"statusCode": 401, "code": "FST_JWT_EXPIRED", "error": "Unauthorized"}),
        ),
        (
            "Spring Boot",
            401,
            json!({"timestamp": "2026-01-01T00:00:00.000+00:00", "status": 401, "error": "Unauthorized", "path": "/auth"}),
        ),
        (
            "Spring, problem details",
            401,
            json!({"type": "about:blank", "title": "Unauthorized", "status": 401}),
        ),
        (
            "Laravel Sanctum",
            401,
            json!({"message": "Unauthenticated."}),
        ),
        (
            "Laravel Passport 13",
            400,
            json!({"error": "invalid_grant", "error_description": "The refresh token is invalid.", "hint": "Token has been revoked"}),
        ),
        (
            "Laravel Passport 12",
            401,
            json!({"error": "invalid_request", "error_description": "The refresh token is invalid.", "hint": "Token has expired", "message": "The refresh token is invalid."}),
        ),
        (
            "Django SimpleJWT",
            401,
            json!({"detail": "Token is invalid or expired", "code": "token_not_valid"}),
        ),
        (
            "Django SimpleJWT",
            401,
            json!({"detail": "Given token not valid", "code": "token_not_valid", "messages": [{"token_class": "AccessToken"}]}),
        ),
        (
            "FastAPI",
            401,
            json!({"detail": "Could not validate credentials"}),
        ),
        (
            "Flask-JWT-Extended",
            401,
            json!({"msg": "Token has expired"}),
        ),
        (
            "Rails, Devise",
            401,
            json!({"error": "You need to sign in or sign up before continuing."}),
        ),
        (
            "Rails, Doorkeeper",
            400,
            json!({"error": "invalid_grant", "error_description": "The provided authorization grant is invalid."}),
        ),
        ("ASP.NET Core", 401, Value::Null),
        (
            "Directus",
            401,
            json!({"errors": [{"message": "Token expired.", "extensions": {"code": "TOKEN_EXPIRED"}}]}),
        ),
        (
            "Strapi",
            401,
            json!({"data": null, "error": {"status": 401, "name": "UnauthorizedError", "message": "Missing credentials", "details": {}}}),
        ),
    ] {
        assert_eq!(refused(&reply(status, body)), Denied(None), "{who}");
    }
}

#[test]
fn refusals_of_identity_providers_are_denials() {
    for (who, status, body, reason) in [
        (
            "Keycloak",
            400,
            json!({"error": "invalid_grant", "error_description": "Token is not active"}),
            None,
        ),
        (
            "Keycloak",
            400,
            json!({"error": "invalid_grant", "error_description": "Session not active"}),
            None,
        ),
        (
            "Auth0",
            403,
            json!({"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}),
            None,
        ),
        (
            "Entra",
            400,
            json!({"error": "invalid_grant", "error_codes": [700_082], "suberror": "bad_token"}),
            None,
        ),
        (
            "Okta",
            400,
            json!({"error": "invalid_grant", "error_description": "The refresh token is invalid or expired."}),
            None,
        ),
        (
            "Google",
            400,
            json!({"error": "invalid_grant", "error_description": "Bad Request"}),
            None,
        ),
        (
            "Supabase, long ago",
            400,
            json!({"error": "invalid_grant", "error_description": "Invalid Refresh Token"}),
            None,
        ),
        (
            "Supabase",
            400,
            json!({"code": 400, "error_code": "refresh_token_not_found", "msg": "Invalid Refresh Token"}),
            None,
        ),
        (
            "Supabase",
            400,
            json!({"code": 400, "error_code": "refresh_token_already_used", "msg": "…"}),
            Some(Reason::Reuse),
        ),
        (
            "Supabase",
            400,
            json!({"code": 400, "error_code": "user_banned", "msg": "…"}),
            Some(Reason::Inactive),
        ),
        (
            "Supabase since 2024",
            400,
            json!({"code": "session_expired", "message": "…"}),
            Some(Reason::Expired),
        ),
        (
            "Supabase since 2024",
            403,
            json!({"code": "session_not_found", "message": "…"}),
            None,
        ),
        (
            "an envelope",
            400,
            json!({"success": false, "error": {"code": "invalid_grant", "message": "…"}}),
            None,
        ),
    ] {
        assert_eq!(refused(&reply(status, body)), Denied(reason), "{who}");
    }
}

#[test]
fn what_a_provider_says_of_its_client_ends_no_session() {
    for (who, status, body, detail) in [
        (
            "Keycloak",
            401,
            json!({"error": "invalid_client", "error_description": "Invalid client or Invalid client credentials"}),
            Detail::ClientRefused,
        ),
        (
            "Keycloak",
            401,
            json!({"error": "unauthorized_client", "error_description": "Invalid client secret"}),
            Detail::ClientRefused,
        ),
        (
            "Auth0",
            401,
            json!({"error": "access_denied", "error_description": "Unauthorized"}),
            Detail::None,
        ),
        (
            "Auth0",
            403,
            json!({"error": "mfa_required", "mfa_token": "…"}),
            Detail::None,
        ),
        (
            "Keycloak",
            404,
            json!({"error": "Realm does not exist"}),
            Detail::NoSuchEndpoint,
        ),
        (
            "Supabase",
            400,
            json!({"code": 400, "error_code": "validation_failed", "msg": "…"}),
            Detail::None,
        ),
        (
            "Supabase",
            400,
            json!({"code": 400, "error_code": "bad_json", "msg": "…"}),
            Detail::None,
        ),
        (
            "Laravel",
            419,
            json!({"message": "CSRF token mismatch."}),
            Detail::None,
        ),
        (
            "Django",
            403,
            json!({"detail": "CSRF Failed: CSRF token missing."}),
            Detail::None,
        ),
        (
            "Spring",
            403,
            json!({"status": 403, "error": "Forbidden", "path": "/auth/refresh"}),
            Detail::None,
        ),
        (
            "Nest",
            404,
            json!({"message": "Cannot POST /auth/refresh", "error": "Not Found", "statusCode": 404}),
            Detail::NoSuchEndpoint,
        ),
        (
            "FastAPI",
            422,
            json!({"detail": [{"loc": ["body"], "msg": "field required"}]}),
            Detail::None,
        ),
        (
            "API Gateway",
            403,
            json!({"message": "Missing Authentication Token"}),
            Detail::None,
        ),
    ] {
        assert_eq!(
            refused(&reply(status, body)),
            Misconfigured(detail),
            "{who}"
        );
    }
}
