//! The contract `fixed-cookie`.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use evertoken_mock::Refreshes;
use serde_json::json;

use crate::rig::{Answer, Mock, claims};

const DENIED: StatusCode = StatusCode::FORBIDDEN;
const REFRESH: &str = "/api/v1/auth/refresh-token";

async fn login(mock: &Mock, email: &str) -> Answer {
    let body = json!({ "email": email, "password": "password" });
    mock.json(Method::POST, "/api/v1/auth/login", body).await
}

async fn with(mock: &Mock, path: &str, cookie: &str) -> Answer {
    let cookie = format!("refreshToken={cookie}");
    mock.ask(("POST", path), &[("cookie", &cookie)], "").await
}

fn is_cleared(answer: &Answer) -> bool {
    answer.set_cookie()
        == Some("refreshToken=; HttpOnly; SameSite=Strict; Path=/api/v1/auth; Max-Age=0")
}

#[tokio::test]
async fn a_login_answers_with_the_access_token_alone_and_sets_the_cookie() {
    let mock = Mock::new();
    let answer = login(&mock, "user@example.com").await;
    assert_eq!(answer.json(), json!({ "accessToken": answer.access() }));
    let cookie = answer.set_cookie().unwrap();
    assert!(cookie.starts_with("refreshToken=ey"), "{cookie}");
    assert!(
        cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/api/v1/auth; Max-Age=604800"),
        "{cookie}"
    );
    let claims = claims(&answer.access());
    assert_eq!(
        claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(),
        900
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    for email in ["nobody@example.com", "inactive@example.com"] {
        login(&mock, email)
            .await
            .refuses(StatusCode::UNAUTHORIZED, "invalid_credentials", None);
    }
}

#[tokio::test]
async fn the_same_cookie_renews_again_and_again_and_its_expiry_does_not_move() {
    let mock = Mock::new();
    let cookie = login(&mock, "user@example.com").await.cookie().unwrap();
    for _ in 0..200 {
        let answer = with(&mock, REFRESH, &cookie).await;
        assert_eq!((answer.status, answer.set_cookie()), (200, None));
        assert_eq!(answer.json(), json!({ "accessToken": answer.access() }));
        assert_eq!(
            mock.bearer("/api/v1/bookings", &answer.access())
                .await
                .status,
            200
        );
    }
    mock.root().clock().advance(Duration::from_secs(604_799));
    assert_eq!(with(&mock, REFRESH, &cookie).await.status, 200);
    mock.root().clock().advance(Duration::from_secs(1));
    let late = with(&mock, REFRESH, &cookie).await;
    assert!(is_cleared(late.refuses(
        DENIED,
        "invalid_grant",
        Some("expired")
    )));
    let counters = mock.root().counters();
    assert_eq!(
        (counters.refresh, counters.rotations),
        (
            Refreshes {
                ok: 201,
                denied: 1,
                ..Refreshes::default()
            },
            0
        )
    );
}

#[tokio::test]
async fn every_refusal_is_403_and_clears_the_cookie_that_came() {
    let mock = Mock::new();
    let none = mock.ask(("POST", REFRESH), &[], "").await;
    assert_eq!(
        none.refuses(DENIED, "invalid_grant", Some("missing"))
            .set_cookie(),
        None
    );
    with(&mock, REFRESH, "")
        .await
        .refuses(DENIED, "invalid_grant", Some("missing"));
    let answer = login(&mock, "user@example.com").await;
    let rotating = mock.signed_in("user@example.com").await.1.cookie().unwrap();
    for wrong in ["x", &answer.access(), &rotating] {
        let refused = with(&mock, REFRESH, wrong).await;
        assert!(is_cleared(refused.refuses(DENIED, "invalid_grant", None)));
    }
    assert_eq!(mock.root().counters().refresh.denied, 5);
    assert_eq!(
        with(&mock, REFRESH, &answer.cookie().unwrap()).await.status,
        200
    );
}

#[tokio::test]
async fn the_user_must_still_exist_and_be_active() {
    for accounts in [
        json!([]),
        json!([{ "email": "user@example.com", "password": "p", "active": false }]),
    ] {
        let mock = Mock::new();
        let cookie = login(&mock, "user@example.com").await.cookie().unwrap();
        mock.json(Method::PUT, "/__mock/users", accounts).await;
        let refused = with(&mock, REFRESH, &cookie).await;
        assert!(is_cleared(refused.refuses(
            DENIED,
            "invalid_grant",
            Some("inactive")
        )));
        mock.json(
            Method::PUT,
            "/__mock/users",
            json!([{ "id": "usr_1", "email": "user@example.com", "password": "p" }]),
        )
        .await;
        with(&mock, REFRESH, &cookie)
            .await
            .refuses(DENIED, "invalid_grant", Some("inactive"));
    }
}

#[tokio::test]
async fn a_logout_ends_this_session_and_clears_the_cookie() {
    let mock = Mock::new();
    let (here, there) = (
        login(&mock, "user@example.com").await,
        login(&mock, "user@example.com").await,
    );
    for cookie in [
        here.cookie().unwrap(),
        here.cookie().unwrap(),
        "forged".into(),
        String::new(),
    ] {
        let answer = with(&mock, "/api/v1/auth/logout", &cookie).await;
        assert_eq!(
            (answer.status, answer.json()),
            (200, json!({ "success": true }))
        );
        assert!(is_cleared(&answer));
    }
    with(&mock, REFRESH, &here.cookie().unwrap()).await.refuses(
        DENIED,
        "invalid_grant",
        Some("logout"),
    );
    assert_eq!(
        with(&mock, REFRESH, &there.cookie().unwrap()).await.status,
        200
    );
    with(
        &mock,
        "/api/v1/auth/logout?scope=global",
        &there.cookie().unwrap(),
    )
    .await;
    with(&mock, REFRESH, &there.cookie().unwrap())
        .await
        .refuses(DENIED, "invalid_grant", Some("logout"));
}

#[tokio::test]
async fn the_login_beside_a_cookie_takes_its_place() {
    let mock = Mock::new();
    let first = login(&mock, "user@example.com").await.cookie().unwrap();
    let headers = [
        ("content-type", "application/json"),
        ("cookie", &format!("refreshToken={first}")),
    ];
    let body = r#"{"email":"admin@example.com","password":"password"}"#;
    let second = mock
        .ask(("POST", "/api/v1/auth/login"), &headers, body)
        .await;
    with(&mock, REFRESH, &first)
        .await
        .refuses(DENIED, "invalid_grant", Some("replaced"));
    assert_eq!(
        with(&mock, REFRESH, &second.cookie().unwrap()).await.status,
        200
    );
}

#[tokio::test]
async fn bookings_are_a_list_behind_the_access_token() {
    let mock = Mock::new();
    let access = login(&mock, "user@example.com").await.access();
    let answer = mock.bearer("/api/v1/bookings", &access).await;
    assert!(
        answer.status == 200
            && answer
                .json()
                .as_array()
                .is_some_and(|list| !list.is_empty())
    );
    mock.get("/api/v1/bookings")
        .await
        .refuses(StatusCode::UNAUTHORIZED, "missing_token", None);
    mock.root().clock().advance(Duration::from_secs(900));
    let late = mock.bearer("/api/v1/bookings", &access).await;
    late.refuses(StatusCode::UNAUTHORIZED, "invalid_token", None);
}

#[tokio::test]
async fn a_refused_refresh_that_carries_a_key_leaves_the_cookie() {
    let mock = Mock::new();
    let headers = [("cookie", "refreshToken=x"), ("idempotency-key", "k")];
    let answer = mock.ask(("POST", REFRESH), &headers, "").await;
    assert_eq!(
        answer.refuses(DENIED, "invalid_grant", None).set_cookie(),
        None
    );
}

#[tokio::test]
async fn a_foreign_page_is_rejected_with_another_403_and_no_cookie() {
    let mock = Mock::new();
    let cookie = login(&mock, "user@example.com").await.cookie().unwrap();
    let cookie = format!("refreshToken={cookie}");
    for path in ["/api/v1/auth/login", REFRESH, "/api/v1/auth/logout"] {
        let headers = [("cookie", cookie.as_str()), ("origin", "https://evil.test")];
        let answer = mock.ask(("POST", path), &headers, "").await;
        assert_eq!(
            answer.refuses(DENIED, "csrf_rejected", None).set_cookie(),
            None
        );
    }
    assert_eq!(
        (
            mock.root().counters().refresh.denied,
            mock.root().counters().logout
        ),
        (0, 0)
    );
}
