//! `/openapi.json` is true: every response it names is given, nothing else is given, and what is given
//! looks as it says.

use std::collections::BTreeSet;
use std::path::Path;

use axum::body::{Body, Bytes};
use evertoken_mock::{Options, RateLimit};
use futures_util::stream;
use serde_json::{Value, json};

use crate::endpoints::{Endpoint, JSON, Takes, all};
use crate::rig::{Answer, FORM, Mock};
use crate::walk::{Document, Named, Walk};

fn bearer(answer: &Answer) -> String {
    format!("Bearer {}", answer.access())
}

#[tokio::test]
async fn every_response_the_document_names_is_given_and_no_other() {
    let mock = Mock::new();
    let mut walk = Walk {
        document: Document::of(&mock).await,
        seen: BTreeSet::new(),
    };
    refusals(&mut walk, &mock).await;
    cookies(&mut walk, &mock).await;
    bodies(&mut walk, &mock).await;
    rest(&mut walk, &mock).await;
    let mut named = walk.document.all();
    #[cfg(feature = "redis")]
    crate::unavailable::walk(&mut walk).await;
    // A store in memory is never down.
    #[cfg(not(feature = "redis"))]
    named.retain(|(_, _, status)| status != "503");
    named.retain(|response| !walk.seen.contains(response));
    let unseen: Vec<_> = named.into_iter().collect();
    assert_eq!(unseen, Vec::<Named>::new());
}

async fn refusals(walk: &mut Walk, mock: &Mock) {
    for (method, path) in walk.document.that_say("408") {
        let never = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
        walk.ask(mock, (&method, &path), &[JSON], never).await;
    }
    let large = "x".repeat(65_537);
    walk.ask_all("413", mock, &[], &large, &large).await;
    walk.ask_all("415", mock, &[("content-type", "text/plain")], "x", "x")
        .await;
    walk.ask_all("422", mock, &[], "{\"unknown\":1}", "").await;
    let twice = "refresh_token=a; refresh_token=a; refreshToken=a; refreshToken=a";
    walk.ask_all("400", mock, &[("cookie", twice)], "{", "a=1&a=2")
        .await;
    let nobody = r#"{"email":"nobody@example.com","password":"x","code":"x"}"#;
    walk.ask_all("401", mock, &[], nobody, "").await;
    walk.ask_all(
        "403",
        mock,
        &[
            ("origin", "https://evil.test"),
            ("host", "evil.test"),
            ("sec-fetch-site", "cross-site"),
        ],
        "",
        "",
    )
    .await;
    let closed = Mock::with(Options {
        control: false,
        ..Options::default()
    });
    walk.ask_all("404", &closed, &[], "", "").await;
    let limited = Mock::with(Options {
        refresh_rate: RateLimit::parse("1/h").unwrap(),
        ..Options::default()
    });
    for _ in 0..2 {
        walk.ask_all(
            "429",
            &limited,
            &[],
            "",
            "grant_type=refresh_token&refresh_token=x",
        )
        .await;
    }
}

async fn cookies(walk: &mut Walk, mock: &Mock) {
    let user = r#"{"email":"user@example.com","password":"password"}"#;
    let first = walk.ask(mock, ("POST", "/auth/login"), &[JSON], user).await;
    let (cookie, key) = (
        format!("refresh_token={}", first.cookie().unwrap()),
        first.key(),
    );
    let second = walk
        .ask(
            mock,
            ("POST", "/auth/refresh"),
            &[("cookie", &cookie), ("idempotency-key", &key)],
            "",
        )
        .await;
    let newer = format!("refresh_token={}", second.cookie().unwrap());
    walk.ask(
        mock,
        ("POST", "/auth/refresh"),
        &[("cookie", &newer), ("idempotency-key", &second.key())],
        "",
    )
    .await;
    walk.ask(
        mock,
        ("POST", "/auth/refresh"),
        &[("cookie", &cookie), ("idempotency-key", &key)],
        "",
    )
    .await;
    let access = bearer(&first);
    let admin = mock.browser().login("admin@example.com").await;
    for path in [
        "/auth/me",
        "/auth/admin",
        "/wx/api/profile",
        "/wx/api/admin",
        "/api/v1/bookings",
        "/gateway/api/me",
        "/gateway/api/admin",
    ] {
        for authorization in [&access, &bearer(&admin)] {
            walk.ask(mock, ("GET", path), &[("authorization", authorization)], "")
                .await;
        }
    }
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        walk.ask(
            mock,
            (method, "/gateway/api/anything"),
            &[("authorization", &access)],
            "x",
        )
        .await;
    }
    walk.ask(mock, ("POST", "/auth/logout"), &[("cookie", &newer)], "")
        .await;
    for (login, logout) in [
        ("/api/v1/auth/login", "/api/v1/auth/logout"),
        ("/gateway/login", "/gateway/logout"),
    ] {
        let answer = walk.ask(mock, ("POST", login), &[JSON], user).await;
        let cookie = format!("refreshToken={}", answer.cookie().unwrap());
        if login.starts_with("/api") {
            walk.ask(
                mock,
                ("POST", "/api/v1/auth/refresh-token"),
                &[("cookie", &cookie)],
                "",
            )
            .await;
        }
        walk.ask(mock, ("POST", logout), &[("cookie", &cookie)], "")
            .await;
    }
    let consent = walk
        .ask(mock, ("GET", "/api/v1/auth/google?return_to=/"), &[], "")
        .await;
    let page = String::from_utf8(consent.body.to_vec()).unwrap();
    let state = page
        .split("name=\"state\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let callback = format!("/api/v1/auth/google/callback?state={state}&user=user@example.com");
    walk.ask(mock, ("GET", &callback), &[], "").await;
}

async fn bodies(walk: &mut Walk, mock: &Mock) {
    let password = "grant_type=password&username=user@example.com&password=password";
    let first = walk
        .ask(mock, ("POST", "/auth/token"), &[FORM], password)
        .await;
    let (token, key) = (first.text("refresh_token"), first.text("refresh_key"));
    let refresh = |token: &str| format!("grant_type=refresh_token&refresh_token={token}");
    let second = walk
        .ask(
            mock,
            ("POST", "/auth/token"),
            &[FORM, ("idempotency-key", &key)],
            refresh(&token),
        )
        .await;
    let newer = [FORM, ("idempotency-key", &second.text("refresh_key"))];
    walk.ask(
        mock,
        ("POST", "/auth/token"),
        &newer,
        refresh(&second.text("refresh_token")),
    )
    .await;
    walk.ask(
        mock,
        ("POST", "/auth/token"),
        &[FORM, ("idempotency-key", &key)],
        refresh(&token),
    )
    .await;
    walk.ask(
        mock,
        ("POST", "/auth/revoke"),
        &[FORM],
        format!("token={token}"),
    )
    .await;

    let minted = walk
        .ask(
            mock,
            ("POST", "/wx/code"),
            &[JSON],
            r#"{"email":"user@example.com"}"#,
        )
        .await;
    let code = json!({ "code": minted.text("code") }).to_string();
    let first = walk
        .ask(mock, ("POST", "/wx/auth/login"), &[JSON], code)
        .await;
    let body = |answer: &Answer| json!({ "refreshToken": answer.text("refreshToken") }).to_string();
    let second = walk
        .ask(
            mock,
            ("POST", "/wx/auth/refresh"),
            &[JSON, ("idempotency-key", &first.key())],
            body(&first),
        )
        .await;
    walk.ask(
        mock,
        ("POST", "/wx/auth/refresh"),
        &[JSON, ("idempotency-key", &second.key())],
        body(&second),
    )
    .await;
    walk.ask(
        mock,
        ("POST", "/wx/auth/refresh"),
        &[JSON, ("idempotency-key", &first.key())],
        body(&first),
    )
    .await;
    walk.ask(mock, ("POST", "/wx/auth/logout"), &[JSON], body(&first))
        .await;
}

async fn rest(walk: &mut Walk, mock: &Mock) {
    let faults = json!([
        { "path": "/a", "do": "hang" }, { "path": "/b", "nth": 2, "count": 1, "rate": 0.5, "when": "after", "do": { "status": 503, "retry_after": 1 } },
        { "path": "/c", "do": { "delay_ms": 1 } }, { "path": "/d", "do": { "content_type": "text/html" } },
    ]);
    let users = json!([{ "email": "a@example.com", "password": "p" }]);
    for (method, path, body) in [
        ("GET", "/health", Value::Null),
        ("GET", "/.well-known/jwks.json", Value::Null),
        ("GET", "/__mock/clock", Value::Null),
        (
            "POST",
            "/__mock/clock",
            json!({ "advance": 1, "skew_date_header": -1 }),
        ),
        ("PUT", "/__mock/faults", faults),
        ("GET", "/__mock/faults", Value::Null),
        ("GET", "/__mock/counters", Value::Null),
        ("GET", "/__mock/requests", Value::Null),
        ("GET", "/__mock/families", Value::Null),
        (
            "POST",
            "/__mock/expire",
            json!({ "tokens": "access", "user": "user@example.com" }),
        ),
        ("GET", "/__mock/users", Value::Null),
        ("PUT", "/__mock/users", users),
        ("POST", "/__mock/reset", Value::Null),
    ] {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = walk.ask(mock, (method, path), &[JSON], body).await;
        assert_eq!(answer.status, 200, "{method} {path}");
    }
}

#[tokio::test]
async fn the_document_names_its_version_and_where_the_server_is() {
    let mock = Mock::new();
    let document = Document::of(&mock).await;
    assert_eq!(document.0["openapi"], "3.1.0");
    assert_eq!(
        document.0["servers"],
        json!([{ "url": "http://127.0.0.1:4000" }])
    );
    let tenant = mock.get("/t/a/openapi.json").await.json();
    assert_eq!(tenant["servers"][0]["url"], "http://127.0.0.1:4000/t/a");
}

#[tokio::test]
async fn every_endpoint_of_the_document_is_there_and_described() {
    let mock = Mock::new();
    let document = Document::of(&mock).await;
    for endpoint in all(&mock).await {
        let path = endpoint.path.replace("anything", "{rest}");
        let operation = &document.0["paths"][path][endpoint.method.to_lowercase()];
        assert!(operation["summary"].is_string(), "{endpoint:?}");
        let answer = mock.ask(endpoint.named(), &[], "").await;
        assert!(![404, 405].contains(&answer.status), "{endpoint:?}");
    }
}

#[tokio::test]
async fn the_document_knows_the_bounds_of_a_rule() {
    let document = Document::of(&Mock::new()).await;
    let schema = json!({ "$ref": "#/components/schemas/Rule" });
    let wrong = |field: &str, value: Value| {
        let mut rule = json!({ "path": "/a", "do": "hang" });
        rule[field] = value;
        document.wrong(&schema, &rule)
    };
    for (field, value) in [
        ("path", json!("/a%20b")),
        ("nth", json!(1)),
        ("count", json!(1)),
        ("count", Value::Null),
        ("rate", json!(0)),
        ("rate", json!(1)),
        ("do", json!("truncate")),
        ("do", json!({ "status": 599 })),
        ("do", json!({ "delay_ms": 3_600_000 })),
    ] {
        assert_eq!(wrong(field, value.clone()), None, "{field}: {value}");
    }
    for (field, value) in [
        ("path", json!("a")),
        ("path", json!("/a?b")),
        ("nth", json!(0)),
        ("count", json!(0)),
        ("rate", json!(1.5)),
        ("rate", json!(-1)),
        ("do", json!("explode")),
        ("do", json!({})),
        ("do", json!({ "status": 199 })),
        ("do", json!({ "delay_ms": 3_600_001 })),
    ] {
        assert!(wrong(field, value.clone()).is_some(), "{field}: {value}");
    }
}

#[test]
fn only_what_openapi_has_no_word_for_and_the_document_itself_are_routed_past_it() {
    let mut found = Vec::new();
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for folder in [sources.clone(), sources.join("routes")] {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                let routed = text.split(".route(\"").skip(1);
                found.extend(routed.map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
        }
    }
    found.sort();
    assert_eq!(found, ["/gateway/api/{*rest}", "/openapi.json"]);
}

#[tokio::test]
async fn the_list_knows_what_an_endpoint_takes() {
    let all = all(&Mock::new()).await;
    let find = |method: &str, path: &str| {
        let named = |endpoint: &&Endpoint| endpoint.named() == (method, path);
        let Endpoint {
            takes,
            cookie,
            bearer,
            ..
        } = all.iter().find(named).unwrap();
        (*takes, *cookie, *bearer)
    };
    let rotating = Some("refresh_token");
    assert_eq!(find("POST", "/auth/login"), (Takes::Json, rotating, false));
    assert_eq!(find("POST", "/auth/token"), (Takes::Form, None, false));
    assert_eq!(find("GET", "/auth/me"), (Takes::Json, None, true));
    assert_eq!(
        find("PATCH", "/gateway/api/anything"),
        (Takes::Anything, Some("refreshToken"), true)
    );
    assert_eq!(find("GET", "/__mock/clock"), (Takes::Nothing, None, false));
    let cookies = all.iter().filter(|endpoint| endpoint.cookie.is_some());
    assert_eq!(
        cookies.count(),
        16,
        "login, refresh, logout, callback, resources of the gateway"
    );
    assert!(all.len() >= 38, "{}", all.len());
}
