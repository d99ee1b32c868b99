//! The contract `gateway`: the backend renews while it serves.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use evertoken_mock::{Counters, Logins, Refreshes, Resources};
use serde_json::json;

use crate::rig::{Answer, Mock, claims};

const DENIED: StatusCode = StatusCode::FORBIDDEN;
const REFUSED: StatusCode = StatusCode::UNAUTHORIZED;

async fn login(mock: &Mock, email: &str) -> (String, String) {
    let body = json!({ "email": email, "password": "password" });
    let answer = mock.json(Method::POST, "/gateway/login", body).await;
    assert_eq!(answer.json(), json!({ "accessToken": answer.access() }));
    let cookie = answer.set_cookie().unwrap();
    assert!(
        cookie.contains("; Path=/gateway; Max-Age=604800"),
        "{cookie}"
    );
    (answer.access(), answer.cookie().unwrap())
}

async fn ask(
    mock: &Mock,
    target: (&str, &str),
    token: &str,
    cookie: Option<&str>,
    body: &str,
) -> Answer {
    let bearer = format!("Bearer {token}");
    let cookie = format!("refreshToken={}", cookie.unwrap_or_default());
    mock.ask(
        target,
        &[("authorization", &bearer), ("cookie", &cookie)],
        body.to_owned(),
    )
    .await
}

fn handed(answer: &Answer) -> Option<String> {
    Some(
        answer
            .header("authorization")?
            .strip_prefix("Bearer ")
            .unwrap()
            .to_owned(),
    )
}

#[tokio::test]
async fn a_good_token_is_served_and_nothing_is_handed_over() {
    let mock = Mock::new();
    let (token, cookie) = login(&mock, "user@example.com").await;
    let me = ask(&mock, ("GET", "/gateway/api/me"), &token, Some(&cookie), "").await;
    assert_eq!(
        (me.status, me.text("email"), handed(&me)),
        (200, "user@example.com".into(), None)
    );
    let without = ask(&mock, ("GET", "/gateway/api/me"), &token, None, "").await;
    assert_eq!(without.status, 200, "a good token needs no cookie");
}

#[tokio::test]
async fn any_other_path_echoes_method_and_body() {
    let mock = Mock::new();
    let (token, cookie) = login(&mock, "user@example.com").await;
    for (method, body) in [
        ("POST", "{\"a\":1}"),
        ("PUT", "text"),
        ("DELETE", ""),
        ("GET", ""),
    ] {
        let answer = ask(
            &mock,
            (method, "/gateway/api/orders/7"),
            &token,
            Some(&cookie),
            body,
        )
        .await;
        assert_eq!(
            answer.json(),
            json!({ "method": method, "path": "/gateway/api/orders/7", "body": body })
        );
    }
}

#[tokio::test]
async fn an_expired_token_and_the_cookie_of_its_user_are_served_with_a_new_token() {
    let mock = Mock::new();
    let (token, cookie) = login(&mock, "user@example.com").await;
    for round in 1..=3 {
        mock.root().clock().advance(Duration::from_secs(900));
        let answer = ask(
            &mock,
            ("POST", "/gateway/api/orders"),
            &token,
            Some(&cookie),
            "once",
        )
        .await;
        assert_eq!(
            (answer.status, answer.text("body"), answer.set_cookie()),
            (200, "once".into(), None)
        );
        let new = handed(&answer).unwrap();
        assert_eq!(
            (claims(&new)["sub"].clone(), claims(&new)["sid"].clone()),
            (json!("usr_1"), claims(&token)["sid"].clone())
        );
        let next = ask(&mock, ("GET", "/gateway/api/me"), &new, Some(&cookie), "").await;
        assert_eq!((next.status, handed(&next)), (200, None));
        assert_eq!(mock.root().counters().refresh.ok, round);
    }
    let counters = Counters {
        login: Logins { ok: 1, denied: 0 },
        refresh: Refreshes {
            ok: 3,
            ..Refreshes::default()
        },
        resource: Resources {
            ok: 6,
            ..Resources::default()
        },
        ..Counters::default()
    };
    assert_eq!(mock.root().counters(), counters);
}

#[tokio::test]
async fn an_expired_token_with_no_or_a_bad_cookie_is_an_invalid_grant() {
    let mock = Mock::new();
    let (token, cookie) = login(&mock, "user@example.com").await;
    let (_, others) = login(&mock, "admin@example.com").await;
    let rotating = mock.signed_in("user@example.com").await.1.cookie().unwrap();
    mock.root().clock().advance(Duration::from_secs(900));
    for (cookie, reason) in [
        (None, Some("missing")),
        (Some("x"), None),
        (Some(others.as_str()), None),
        (Some(rotating.as_str()), None),
    ] {
        let answer = ask(&mock, ("GET", "/gateway/api/me"), &token, cookie, "").await;
        answer.refuses(DENIED, "invalid_grant", reason);
        assert_eq!((answer.set_cookie(), handed(&answer)), (None, None));
    }
    let counters = mock.root().counters();
    assert_eq!(
        (counters.refresh.denied, counters.resource),
        (4, Resources::default()),
        "counted there alone"
    );
    mock.root().clock().advance(Duration::from_secs(604_800));
    let late = ask(&mock, ("GET", "/gateway/api/me"), &token, Some(&cookie), "").await;
    late.refuses(DENIED, "invalid_grant", Some("expired"));
}

#[tokio::test]
async fn anything_else_is_401_whatever_the_cookie() {
    let mock = Mock::new();
    let (token, cookie) = login(&mock, "user@example.com").await;
    mock.root().clock().advance(Duration::from_secs(900));
    let cookies = format!("refreshToken={cookie}");
    let none = mock
        .ask(("GET", "/gateway/api/me"), &[("cookie", &cookies)], "")
        .await;
    none.refuses(REFUSED, "missing_token", None);
    for wrong in [format!("{token}x"), cookie.clone(), "x".into()] {
        let answer = ask(&mock, ("GET", "/gateway/api/me"), &wrong, Some(&cookie), "").await;
        answer.refuses(REFUSED, "invalid_token", None);
    }
    assert_eq!(mock.root().counters().resource.unauthorized, 4);
}

#[tokio::test]
async fn what_is_not_allowed_is_forbidden_and_a_token_that_was_due_is_handed_over_all_the_same() {
    let mock = Mock::new();
    let (token, cookie) = login(&mock, "user@example.com").await;
    let admin = ("GET", "/gateway/api/admin");
    let answer = ask(&mock, admin, &token, Some(&cookie), "").await;
    assert_eq!(
        handed(answer.refuses(DENIED, "insufficient_scope", None)),
        None
    );
    mock.root().clock().advance(Duration::from_secs(900));
    let answer = ask(&mock, admin, &token, Some(&cookie), "").await;
    let new = handed(answer.refuses(DENIED, "insufficient_scope", None)).unwrap();
    assert_eq!(
        ask(&mock, ("GET", "/gateway/api/me"), &new, None, "")
            .await
            .status,
        200
    );
    assert_eq!(
        (
            mock.root().counters().resource.forbidden,
            mock.root().counters().refresh.ok
        ),
        (2, 1)
    );
    let (token, cookie) = login(&mock, "admin@example.com").await;
    mock.root().clock().advance(Duration::from_secs(900));
    let answer = ask(&mock, admin, &token, Some(&cookie), "").await;
    assert!(answer.status == 200 && handed(&answer).is_some());
}

#[tokio::test]
async fn after_a_logout_the_cookie_renews_nothing() {
    let mock = Mock::new();
    let (token, cookie) = login(&mock, "user@example.com").await;
    let cookies = format!("refreshToken={cookie}");
    let answer = mock
        .ask(("POST", "/gateway/logout"), &[("cookie", &cookies)], "")
        .await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({ "success": true }))
    );
    assert_eq!(
        answer.set_cookie(),
        Some("refreshToken=; HttpOnly; SameSite=Strict; Path=/gateway; Max-Age=0")
    );
    assert_eq!(
        ask(&mock, ("GET", "/gateway/api/me"), &token, Some(&cookie), "")
            .await
            .status,
        200
    );
    mock.root().clock().advance(Duration::from_secs(900));
    let late = ask(&mock, ("GET", "/gateway/api/me"), &token, Some(&cookie), "").await;
    late.refuses(DENIED, "invalid_grant", Some("logout"));
}

#[tokio::test]
async fn a_foreign_page_is_not_served_by_the_cookie_it_makes_the_browser_send() {
    let mock = Mock::new();
    let (token, _) = login(&mock, "user@example.com").await;
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("origin", "https://evil.test"),
    ];
    for target in [
        ("GET", "/gateway/api/me"),
        ("POST", "/gateway/api/x"),
        ("POST", "/gateway/login"),
        ("POST", "/gateway/logout"),
    ] {
        mock.ask(target, &headers, "")
            .await
            .refuses(DENIED, "csrf_rejected", None);
    }
}

#[tokio::test]
async fn two_cookies_are_refused_and_a_large_body_too() {
    let mock = Mock::new();
    let (token, _) = login(&mock, "user@example.com").await;
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("cookie", "refreshToken=a; refreshToken=a"),
    ];
    let two = mock.ask(("GET", "/gateway/api/me"), &headers, "").await;
    two.refuses(StatusCode::BAD_REQUEST, "invalid_request", None);
    let large = "x".repeat(65_537);
    let large = ask(&mock, ("POST", "/gateway/api/x"), &token, None, &large).await;
    large.refuses(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", None);
}

#[tokio::test]
async fn nothing_of_it_is_stored_by_a_cache() {
    let mock = Mock::new();
    for path in [
        "/gateway/api/me",
        "/gateway/login",
        "/api/v1/auth/login",
        "/wx/auth/login",
        "/gateway/nowhere",
    ] {
        assert_eq!(
            mock.get(path).await.header("cache-control"),
            Some("no-store"),
            "{path}"
        );
    }
    assert_eq!(
        mock.get("/wx/api/profile").await.header("cache-control"),
        None
    );
}
