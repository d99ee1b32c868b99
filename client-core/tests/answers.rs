//! How answers are read: `error` first, status second.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    missing_docs,
    reason = "a test that fails says so by panicking"
)]

use core::time::Duration;

use evertoken_core::read::{self, Document, Media, Reply};
use evertoken_core::{Code, Contract, Detail, Failure, Granted, Outcome, Reason};
use serde_json::{Value, json};

/// A document as the tests have it; a "JWT" here is its claims as plain JSON.
#[derive(Debug)]
struct Json(Value);

impl Document for Json {
    fn text(&self, path: &str) -> Option<String> {
        match at(&self.0, path)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
    fn number(&self, path: &str) -> Option<f64> {
        let value = at(&self.0, path)?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    }
    fn claims(&self, path: &str) -> Option<Self> {
        serde_json::from_str(at(&self.0, path)?.as_str()?)
            .ok()
            .map(Json)
    }
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(value, |value, name| value.get(name))
}

fn reply(status: u16, body: Value) -> Reply<'static, Json> {
    Reply {
        status,
        media: Media::Plain,
        challenge: None,
        retry_after: None,
        body: (!body.is_null()).then_some(Json(body)),
    }
}

fn html(status: u16) -> Reply<'static, Json> {
    Reply {
        media: Media::Html,
        ..reply(status, Value::Null)
    }
}

fn refresh(reply: &Reply<'_, Json>) -> Outcome {
    read::refresh(reply, &Contract::ROTATION.fields)
}

fn login(reply: &Reply<'_, Json>) -> Outcome {
    read::login(reply, &Contract::ROTATION.fields)
}

fn code(outcome: Outcome) -> (Code, Detail) {
    match outcome {
        Outcome::Failed(failure) => (failure.code, failure.detail),
        other => panic!("not a failure: {other:?}"),
    }
}

#[test]
fn a_grant_is_read_with_its_lifetime_and_its_subject() {
    let body = json!({"accessToken": "t", "expiresIn": 900, "user": {"id": "u1"}});
    let expected = Granted {
        lifetime: Some(Duration::from_secs(900)),
        subject: Some("u1".into()),
        ..Granted::default()
    };
    assert_eq!(
        refresh(&reply(200, body.clone())),
        Outcome::Granted(expected.clone())
    );
    assert_eq!(login(&reply(201, body)), Outcome::Granted(expected));
}

#[test]
fn a_lifetime_may_be_a_string_and_else_comes_from_the_jwt_and_may_be_unknown() {
    let lifetime = |body| match refresh(&reply(200, body)) {
        Outcome::Granted(granted) => granted.lifetime,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        lifetime(json!({"accessToken": "t", "expiresIn": "60"})),
        Some(Duration::from_secs(60))
    );
    let jwt = r#"{"iat":100,"exp":400,"sub":"u1"}"#;
    assert_eq!(
        lifetime(json!({"accessToken": jwt})),
        Some(Duration::from_secs(300))
    );
    assert_eq!(lifetime(json!({"accessToken": "opaque"})), None);
    assert_eq!(
        lifetime(json!({"accessToken": "t", "expiresIn": 0})),
        Some(Duration::ZERO)
    );
}

#[test]
fn the_jwts_subject_comes_before_the_users_id() {
    let body = json!({"accessToken": r#"{"sub":"s"}"#, "user": {"id": 7}});
    let Outcome::Granted(granted) = refresh(&reply(200, body)) else {
        panic!("granted")
    };
    assert_eq!(granted.subject.as_deref(), Some("s"));
    let body = json!({"accessToken": "opaque", "user": {"id": 7}});
    let Outcome::Granted(granted) = refresh(&reply(200, body)) else {
        panic!("granted")
    };
    assert_eq!(granted.subject.as_deref(), Some("7"));
}

#[test]
fn a_success_that_cannot_be_one_is_a_failure_that_says_so() {
    let read = |body| code(refresh(&reply(200, body)));
    assert_eq!(read(Value::Null), (Code::Server, Detail::None));
    for body in [
        json!({}),
        json!([]),
        json!("text"),
        json!({"accessToken": ""}),
        json!({"accessToken": null}),
        json!({"accessToken": "line\nbreak"}),
        json!({"accessToken": "two words"}),
        json!({"accessToken": "töken"}),
    ] {
        assert_eq!(
            read(body.clone()),
            (Code::Misconfigured, Detail::NoAccessToken),
            "{body}"
        );
    }
    for seconds in [json!(-1), json!(1e300), json!("-900"), json!(4e8)] {
        let body = json!({"accessToken": "t", "expiresIn": seconds});
        assert_eq!(
            read(body.clone()),
            (Code::Misconfigured, Detail::BadLifetime),
            "{body}"
        );
    }
    assert_eq!(code(refresh(&html(200))), (Code::Server, Detail::None));
}

#[test]
fn only_the_backend_itself_can_deny_a_refresh() {
    let denied = |reply: &Reply<'_, Json>| matches!(refresh(reply), Outcome::Denied { .. });
    for (status, body) in [
        (401, json!({"error": "invalid_grant"})),
        (400, json!({"error": "invalid_grant"})),
        (403, json!({"error": "invalid_token"})),
        (503, json!({"error": "invalid_grant"})),
        (401, json!({"message": "Unauthorized", "statusCode": 401})),
        (401, json!({"error": "Unauthorized"})),
        (401, Value::Null),
    ] {
        assert!(denied(&reply(status, body.clone())), "{status} {body}");
    }
    let challenged = |challenge| Reply {
        challenge: Some(challenge),
        ..reply(401, Value::Null)
    };
    assert!(denied(&challenged("Bearer error=\"invalid_token\"")));
    assert!(denied(&challenged("bearer")));
    assert_eq!(
        code(refresh(&challenged("Basic realm=\"proxy\""))),
        (Code::Misconfigured, Detail::NotTheBackend)
    );
    assert_eq!(
        code(refresh(&html(401))),
        (Code::Misconfigured, Detail::NotTheBackend)
    );
    for (status, body, detail) in [
        (
            403,
            json!({"error": "csrf_rejected"}),
            Detail::OriginRefused,
        ),
        (
            401,
            json!({"error": "invalid_client"}),
            Detail::ClientRefused,
        ),
        (404, json!({"error": "not_found"}), Detail::NoSuchEndpoint),
        (405, Value::Null, Detail::NoSuchEndpoint),
        (400, json!({"error": "invalid_request"}), Detail::None),
        (403, Value::Null, Detail::None),
        (302, Value::Null, Detail::None),
    ] {
        let read = code(refresh(&reply(status, body.clone())));
        assert_eq!(read, (Code::Misconfigured, detail), "{status} {body}");
    }
}

#[test]
fn what_passes_by_itself_is_transient_and_keeps_retry_after() {
    for (status, expected) in [
        (408, Code::Server),
        (425, Code::Server),
        (429, Code::RateLimited),
        (500, Code::Server),
        (502, Code::Server),
        (599, Code::Server),
    ] {
        assert_eq!(
            code(refresh(&reply(status, Value::Null))).0,
            expected,
            "{status}"
        );
        assert_eq!(
            code(login(&reply(status, Value::Null))).0,
            expected,
            "{status}"
        );
        assert_eq!(code(read::logout(&html(status))).0, expected, "{status}");
    }
    let superseded = reply(409, json!({"error": "superseded"}));
    assert_eq!(code(refresh(&superseded)).0, Code::Server);

    for (header, kept) in [
        ("30", Some(30)),
        (" 2 ", Some(2)),
        ("-1", None),
        ("soon", None),
        ("99999999999999999999", None),
    ] {
        let limited = Reply {
            retry_after: Some(header),
            ..reply(429, Value::Null)
        };
        let Outcome::Failed(Failure { retry_after, .. }) = refresh(&limited) else {
            panic!("a failure")
        };
        assert_eq!(retry_after, kept.map(Duration::from_secs), "{header}");
    }
}

#[test]
fn a_denial_carries_the_servers_reason() {
    for (text, reason, missing) in [
        (json!("logout"), Some(Reason::Logout), false),
        (json!("expired"), Some(Reason::Expired), false),
        (json!("missing"), Some(Reason::Expired), true),
        (json!("reuse"), Some(Reason::Reuse), false),
        (json!("revoked"), Some(Reason::Revoked), false),
        (json!("replaced"), Some(Reason::Replaced), false),
        (json!("inactive"), Some(Reason::Inactive), false),
        (json!("because"), None, false),
        (json!(null), None, false),
    ] {
        let outcome = refresh(&reply(
            401,
            json!({"error": "invalid_grant", "reason": text}),
        ));
        let expected = Outcome::Denied {
            reason,
            missing,
            status: 401,
        };
        assert_eq!(outcome, expected);
    }
}

#[test]
fn a_login_is_refused_in_three_ways() {
    for (status, body, expected) in [
        (
            401,
            json!({"error": "invalid_credentials"}),
            Code::InvalidCredentials,
        ),
        (
            400,
            json!({"error": "invalid_grant"}),
            Code::InvalidCredentials,
        ),
        (
            401,
            json!({"message": "Unauthorized"}),
            Code::InvalidCredentials,
        ),
        (
            422,
            json!({"errors": {"email": ["is not one"]}}),
            Code::Rejected,
        ),
        (403, json!({"error": "mfa_required"}), Code::Rejected),
        (403, json!({"error": "csrf_rejected"}), Code::Misconfigured),
    ] {
        assert_eq!(
            code(login(&reply(status, body.clone()))).0,
            expected,
            "{status} {body}"
        );
    }
}

#[test]
fn a_logout_is_over_when_the_backend_says_so_or_no_longer_knows_the_session() {
    for ended in [
        reply(200, json!({"success": true})),
        reply(204, Value::Null),
        reply(401, json!({"error": "invalid_grant"})),
        reply(401, Value::Null),
    ] {
        assert_eq!(read::logout(&ended), Outcome::Ended, "{ended:?}");
    }
    assert_eq!(
        code(read::logout(&html(200))).0,
        Code::Server,
        "a captive portal"
    );
    assert_eq!(code(read::logout(&html(401))).0, Code::Misconfigured);
    assert_eq!(
        code(read::logout(&reply(404, Value::Null))).0,
        Code::Misconfigured
    );
}
