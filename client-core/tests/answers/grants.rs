//! What an answer grants: lifetime, subject, keys.

use evertoken_core::Duration;

use evertoken_core::read::{self, Reply};
use evertoken_core::{Code, Contract, Detail, Fields, Granted, Renewal};
use serde_json::{Value, json};

use crate::support::{Json, NOW, code, granted, html, login, refresh, reply};

fn lifetime(reply: &Reply<Json>) -> Option<Duration> {
    granted(refresh(reply)).lifetime
}

fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

#[test]
fn a_grant_is_read_with_its_lifetime_its_subject_and_its_key() {
    let body = json!({
        "accessToken": "t", "expiresIn": 900, "refreshKey": "3.abc", "user": {"id": "u1"},
    });
    let expected = Granted {
        lifetime: seconds(900),
        subject: Some("u1".into()),
        issued_at: None,
        refresh_token: false,
        refresh_key: Some("3.abc".into()),
    };
    assert_eq!(granted(refresh(&reply(200, body.clone()))), expected);
    assert_eq!(granted(login(&reply(201, body))), expected);
}

#[test]
fn each_preset_reads_its_own_names() {
    let camel = json!({
        "accessToken": "t", "expiresIn": 900, "refreshToken": "r", "refreshKey": "k",
        "user": {"id": 7},
    });
    let snake = json!({
        "access_token": "t", "token_type": "Bearer", "expires_in": 900, "refresh_token": "r",
        "refresh_key": "k", "user": {"id": 7}, "scope": "all",
    });
    for (name, body, in_body) in [
        ("rotation", &camel, false),
        ("fixed-cookie", &camel, false),
        ("gateway", &camel, false),
        ("code-exchange", &camel, true),
        ("oauth2", &snake, true),
    ] {
        let contract = Contract::preset(name).unwrap();
        let read = granted(read::login(&reply(200, body.clone()), contract));
        assert_eq!(read.lifetime, seconds(900), "{name}");
        assert_eq!(read.subject.as_deref(), Some("7"), "{name}");
        assert_eq!(read.refresh_key.as_deref(), Some("k"), "{name}");
        // In a cookie contract a refresh token in the body is none of the client's business.
        assert_eq!(read.refresh_token, in_body, "{name}");
    }
}

#[test]
fn a_contract_of_ones_own_reads_dotted_paths() {
    let login = Contract::ROTATION.login;
    let fields = Fields {
        access_token: "data.tokens.access".into(),
        expires_in: None,
        expires_at: Some(String::from("data.tokens.until").into()),
        refresh_token: Some("data.tokens.refresh".into()),
        refresh_key: None,
        user: Some("data.me".into()),
    };
    let contract = Contract::new(login, Renewal::Reauthenticate, None, fields);
    let body = json!({"data": {
        "tokens": {"access": "t", "refresh": "r", "until": NOW + 60},
        "me": {"_id": "65f0"},
    }});
    let read = granted(read::login(&reply(200, body), &contract));
    assert_eq!(read.lifetime, seconds(60));
    assert_eq!(read.subject.as_deref(), Some("65f0"));
    assert!(read.refresh_token);
}

#[test]
fn a_lifetime_is_stated_in_seconds_also_as_text() {
    for (stated, expected) in [
        (json!(900), 900_000),
        (json!("60"), 60_000),
        (json!(0), 0),
        (json!(0.5), 500),
        (json!(3_456_000), 3_456_000_000),
        // Ten years.
        (json!(316_224_000), 316_224_000_000),
    ] {
        let body = json!({"accessToken": "t", "expiresIn": stated, "expiresAt": 5});
        let expected = Some(Duration::from_millis(expected));
        assert_eq!(lifetime(&reply(200, body)), expected, "{stated}");
    }
}

#[test]
fn an_end_is_read_in_seconds_in_milliseconds_and_as_a_date() {
    for end in [
        json!(NOW + 300),
        json!((NOW + 300).to_string()),
        json!((NOW + 300) * 1_000),
        json!("2026-01-01T00:05:00Z"),
        json!("2026-01-01T00:05:00.000Z"),
        json!("2026-01-01T00:05:00.1234567+00:00"),
        json!("2026-01-01T02:05:00+02:00"),
        json!("2025-12-31T16:35:00-07:30"),
        json!("2025-12-31T16:35:00-0730"),
        json!("2025-12-31T19:05:00-0500"),
        json!("2026-01-01T05:05:00.5+05"),
        json!("2026-01-01 00:05:00"),
        json!("Thu, 01 Jan 2026 00:05:00 GMT"),
    ] {
        let body = json!({"accessToken": "t", "expiresAt": end});
        assert_eq!(lifetime(&reply(200, body)), seconds(300), "{end}");
    }
    for unreadable in [
        json!("soon"),
        json!("15m"),
        json!({}),
        json!(true),
        json!(null),
    ] {
        let body = json!({"accessToken": "t", "expiresIn": unreadable, "expiresAt": unreadable});
        assert_eq!(lifetime(&reply(200, body)), None, "{unreadable}");
    }
}

#[test]
fn an_end_is_measured_by_the_servers_clock_where_it_can_be_told() {
    let end = NOW + 4_000;
    let jwt = json!({"iat": end - 600, "exp": end, "sub": "u"}).to_string();
    let dated = |date: Option<&str>, token: &str| Reply {
        date: date.map(String::from),
        ..reply(200, json!({"accessToken": token, "expiresAt": end}))
    };
    // By the `Date` header, else by when the JWT was issued, else by this machine's clock.
    let date = Some("Thu, 01 Jan 2026 01:00:00 GMT");
    assert_eq!(lifetime(&dated(date, "opaque")), seconds(400));
    assert_eq!(lifetime(&dated(date, &jwt)), seconds(400));
    assert_eq!(lifetime(&dated(None, &jwt)), seconds(600));
    assert_eq!(lifetime(&dated(Some("no date"), &jwt)), seconds(600));
    assert_eq!(lifetime(&dated(None, "opaque")), seconds(4_000));
}

#[test]
fn a_wrong_clock_here_makes_a_lifetime_unknown_and_never_wrong_by_name() {
    // This machine is an hour ahead, and nothing else tells the time.
    let fast = Reply {
        wall: (NOW + 3_600) * 1_000,
        ..reply(200, json!({"accessToken": "t", "expiresAt": NOW + 900}))
    };
    assert_eq!(lifetime(&fast), None);
    let by_date = Reply {
        date: Some("Thu, 01 Jan 2026 00:00:00 GMT".into()),
        ..fast
    };
    assert_eq!(lifetime(&by_date), seconds(900));
}

#[test]
fn a_jwt_tells_its_lifetime_by_its_own_two_claims() {
    let body = |claims: Value| json!({"accessToken": claims.to_string(), "expiresIn": "15m"});
    let jwt = body(json!({"iat": 100, "exp": 400, "sub": "u1"}));
    let skewed = Reply {
        date: Some("Thu, 01 Jan 2026 00:00:00 GMT".into()),
        ..reply(200, jwt)
    };
    let read = granted(refresh(&skewed));
    assert_eq!(read.lifetime, seconds(300));
    assert_eq!(read.issued_at, Some(100));
    // Without `iat` its end is measured as any other.
    let no_issue = reply(200, body(json!({"exp": NOW + 50})));
    assert_eq!(lifetime(&no_issue), seconds(50));
    let in_milliseconds = body(json!({"iat": NOW * 1_000, "exp": (NOW + 60) * 1_000}));
    assert_eq!(lifetime(&reply(200, in_milliseconds)), seconds(60));
    for claims in [
        json!({}),
        json!({"iat": 5}),
        json!([]),
        json!(7),
        json!({"exp": "never"}),
    ] {
        assert_eq!(
            lifetime(&reply(200, body(claims.clone()))),
            None,
            "{claims}"
        );
    }
}

#[test]
fn a_time_is_in_seconds_up_to_the_year_5138_and_from_there_on_in_milliseconds() {
    for (iat, expected) in [
        (99_999_999_999_u64, 99_999_999_999),
        (100_000_000_000, 100_000_000),
    ] {
        let token = json!({ "iat": iat }).to_string();
        let read = granted(refresh(&reply(200, json!({ "accessToken": token }))));
        assert_eq!(read.issued_at, Some(expected));
    }
}

#[test]
fn a_subject_is_the_tokens_else_the_users() {
    let subject = |claims: Value, user: Value| {
        let body = json!({"accessToken": claims.to_string(), "user": user});
        granted(refresh(&reply(200, body))).subject
    };
    let user = json!({"id": "of-user"});
    for claims in [
        json!({"sub": "me", "id": "other"}),
        json!({"user_id": "me"}),
        json!({"userId": "me", "jti": "x"}),
        json!({"id": "me"}),
        json!({"_id": "me"}),
        json!({"uid": "me"}),
    ] {
        assert_eq!(
            subject(claims.clone(), user.clone()).as_deref(),
            Some("me"),
            "{claims}"
        );
    }
    assert_eq!(subject(json!({}), json!({"pk": 12})).as_deref(), Some("12"));
    assert_eq!(subject(json!({}), user).as_deref(), Some("of-user"));
    assert_eq!(subject(json!({}), json!("just a name")), None);
    assert_eq!(subject(json!({"jti": "x"}), json!(null)), None);
}

#[test]
fn a_key_that_no_header_can_carry_is_no_key() {
    let key = |key: Value| {
        let body = json!({"accessToken": "t", "refreshKey": key});
        granted(refresh(&reply(200, body))).refresh_key
    };
    assert_eq!(key(json!("k".repeat(256))), Some("k".repeat(256)));
    for wrong in [
        "",
        "two words",
        "line\nbreak",
        "schlüssel",
        &"k".repeat(257),
    ] {
        assert_eq!(key(json!(wrong)), None, "{wrong:?}");
    }
}

#[test]
fn an_empty_refresh_token_is_none() {
    for (token, present) in [(json!("r"), true), (json!(""), false), (json!(null), false)] {
        let body = json!({"access_token": "t", "refresh_token": token});
        let read = granted(read::refresh(&reply(200, body), &Contract::OAUTH2));
        assert_eq!(read.refresh_token, present, "{token}");
    }
}

#[test]
fn a_success_without_a_usable_token_is_no_grant_and_no_denial() {
    for body in [
        json!({}),
        json!([]),
        json!("ok"),
        json!({"accessToken": ""}),
        json!({"accessToken": null}),
        json!({"accessToken": {"token": "t"}}),
        json!({"accessToken": "line\nbreak"}),
        json!({"accessToken": "two words"}),
        json!({"accessToken": "töken"}),
        json!({"access_token": "t"}),
        json!({"error": "bad_refresh_token"}),
        json!({"ok": false, "error": "invalid_refresh_token"}),
    ] {
        let expected = (Code::Misconfigured, Detail::NoAccessToken);
        assert_eq!(code(refresh(&reply(200, body.clone()))), expected, "{body}");
    }
    let portal = (Code::Server, Detail::NotTheBackend);
    assert_eq!(code(refresh(&html(200))), portal);
    assert_eq!(code(login(&html(200))), portal);
    assert_eq!(code(refresh(&reply(204, Value::Null))).0, Code::Server);
}

#[test]
fn a_lifetime_that_cannot_be_right_is_no_grant() {
    for (name, value) in [
        ("expiresIn", json!(-1)),
        ("expiresIn", json!("-900")),
        ("expiresIn", json!(4e8)),
        ("expiresIn", json!(1e300)),
        ("expiresAt", json!(5)),
        ("expiresAt", json!(-1e300)),
        ("expiresAt", json!(1e300)),
        ("expiresAt", json!("0001-01-01T00:00:00Z")),
        ("accessToken", json!(r#"{"iat":400,"exp":100}"#)),
    ] {
        let mut body = json!({"accessToken": "t"});
        body[name] = value;
        let expected = (Code::Misconfigured, Detail::BadLifetime);
        assert_eq!(code(refresh(&reply(200, body.clone()))), expected, "{body}");
    }
}

#[test]
fn a_grant_obtained_elsewhere_is_read_by_the_names_of_the_api() {
    let body = Json(json!({
        "accessToken": "t", "expiresIn": 60, "refreshToken": "r", "user": {"id": "u"},
    }));
    let read = read::grant(&body, &Fields::HANDED_OVER, NOW * 1_000).unwrap();
    assert_eq!(read.lifetime, seconds(60));
    assert_eq!(read.subject.as_deref(), Some("u"));
    assert!(read.refresh_token);
    let nothing = read::grant(&Json(json!({})), &Fields::HANDED_OVER, NOW * 1_000);
    assert_eq!(nothing.unwrap_err().detail, Detail::NoAccessToken);
}

#[test]
fn a_grant_from_elsewhere_is_read_by_the_wall_clock_in_milliseconds() {
    let body = Json(json!({"token": "t", "until": NOW + 90}));
    let fields = Fields {
        access_token: "token".into(),
        expires_at: Some("until".into()),
        ..Contract::ROTATION.fields
    };
    let granted = read::grant(&body, &fields, NOW * 1_000).unwrap();
    assert_eq!(granted.lifetime, Some(Duration::from_secs(90)));
}
