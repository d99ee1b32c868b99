//! The shapes of the backends people use, as their logins and grants arrive.

use evertoken_core::read::{self, Reply};
use evertoken_core::{Code, Contract, Fields};
use serde_json::{Value, json};

use crate::support::{Json, code, granted, reply};

#[test]
fn logins_are_refused_as_each_backend_does_it() {
    let login = |reply: &Reply<Json>| code(read::login(reply, &Contract::OAUTH2)).0;
    for (who, status, body, expected) in [
        (
            "Keycloak",
            401,
            json!({"error": "invalid_grant", "error_description": "Invalid user credentials"}),
            Code::InvalidCredentials,
        ),
        (
            "Auth0",
            403,
            json!({"error": "invalid_grant", "error_description": "Wrong email or password."}),
            Code::InvalidCredentials,
        ),
        (
            "Supabase",
            400,
            json!({"code": 400, "error_code": "invalid_credentials", "msg": "…"}),
            Code::InvalidCredentials,
        ),
        (
            "Supabase",
            400,
            json!({"code": "email_not_confirmed", "message": "…"}),
            Code::Rejected,
        ),
        (
            "Devise",
            401,
            json!({"error": "Invalid Email or password."}),
            Code::InvalidCredentials,
        ),
        (
            "SimpleJWT",
            401,
            json!({"detail": "No active account found", "code": "no_active_account"}),
            Code::InvalidCredentials,
        ),
        (
            "Laravel",
            422,
            json!({"message": "These do not match.", "errors": {"email": ["…"]}}),
            Code::Rejected,
        ),
        (
            "Strapi",
            400,
            json!({"error": {"status": 400, "name": "ValidationError"}}),
            Code::Rejected,
        ),
        (
            "Auth0, blocked",
            429,
            json!({"error": "too_many_attempts"}),
            Code::RateLimited,
        ),
        (
            "Directus",
            401,
            json!({"errors": [{"extensions": {"code": "INVALID_CREDENTIALS"}}]}),
            Code::InvalidCredentials,
        ),
    ] {
        assert_eq!(login(&reply(status, body)), expected, "{who}");
    }
}

#[test]
fn grants_of_backends_are_read_by_a_contract_of_ones_own() {
    let grant = |access: &'static str,
                 expires_at: Option<&'static str>,
                 user: Option<&'static str>,
                 body: Value| {
        let mut contract = Contract::ROTATION;
        contract.fields = Fields {
            access_token: access.into(),
            expires_at: expires_at.map(Into::into),
            user: user.map(Into::into),
            ..Fields::SNAKE_CASE
        };
        let read = granted(read::refresh(&reply(200, body), &contract));
        (
            read.lifetime.map(|lifetime| lifetime.as_secs()),
            read.subject,
        )
    };
    let me = |id: &str| Some(String::from(id));
    let jwt = r#"{"token_type":"access","exp":1767225900,"iat":1767225600,"jti":"j","user_id":5}"#;
    let tokens = json!({"access": jwt, "refresh": "r"});
    assert_eq!(
        grant("access", None, None, tokens),
        (Some(300), me("5")),
        "SimpleJWT"
    );
    let dj = json!({"access": "opaque", "access_expiration": "2026-01-01T00:05:00.123456Z", "user": {"pk": 5}});
    assert_eq!(
        grant("access", Some("access_expiration"), Some("user"), dj),
        (Some(300), me("5")),
        "dj-rest-auth"
    );
    let supabase = json!({"access_token": "t", "token_type": "bearer", "expires_in": 3600, "expires_at": 1, "user": {"id": "u"}});
    assert_eq!(
        grant("access_token", Some("expires_at"), Some("user"), supabase),
        (Some(3600), me("u")),
        "Supabase"
    );
    let spring = json!({"token": "t", "expiresAt": 1_767_225_900_000_u64, "username": "a"});
    assert_eq!(
        grant("token", Some("expiresAt"), None, spring),
        (Some(300), None),
        "Spring, by hand"
    );
    let dotnet = json!({"token": "t", "expiration": "2026-01-01T00:05:00Z"});
    assert_eq!(
        grant("token", Some("expiration"), None, dotnet),
        (Some(300), None),
        "ASP.NET, by hand"
    );
    let strapi = json!({"jwt": r#"{"id":3,"iat":1,"exp":61}"#, "user": {"id": 3}});
    assert_eq!(
        grant("jwt", None, Some("user"), strapi),
        (Some(60), me("3")),
        "Strapi"
    );
}
