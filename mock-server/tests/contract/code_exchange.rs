//! The contract `code-exchange`: a platform's code for both tokens.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use evertoken_mock::{Options, Refreshes};
use serde_json::{Value, json};

use crate::rig::{Answer, Mock, claims};

const DENIED: StatusCode = StatusCode::UNAUTHORIZED;

async fn post(mock: &Mock, path: &str, body: Value) -> Answer {
    mock.json(Method::POST, path, body).await
}

async fn code(mock: &Mock, email: &str) -> String {
    let answer = post(mock, "/wx/code", json!({ "email": email })).await;
    assert_eq!(
        (answer.status, answer.json()["expiresIn"].as_u64()),
        (200, Some(300))
    );
    answer.text("code")
}

async fn login(mock: &Mock) -> Answer {
    let code = code(mock, "user@example.com").await;
    let answer = post(mock, "/wx/auth/login", json!({ "code": code })).await;
    assert_eq!(answer.status, 200);
    answer
}

async fn refresh(mock: &Mock, token: &str, key: Option<&str>) -> Answer {
    let body = json!({ "refreshToken": token }).to_string();
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(key.map(|key| ("idempotency-key", key)));
    mock.ask(("POST", "/wx/auth/refresh"), &headers, body).await
}

#[tokio::test]
async fn a_code_is_exchanged_for_both_tokens_once() {
    let mock = Mock::new();
    let code = code(&mock, "user@example.com").await;
    let answer = post(&mock, "/wx/auth/login", json!({ "code": code })).await;
    let body = answer.json();
    assert_eq!(
        (body.as_object().unwrap().len(), &body["expiresIn"]),
        (4, &json!(900))
    );
    assert_eq!(claims(&answer.access())["email"], "user@example.com");
    assert_eq!(
        (
            claims(&answer.text("refreshToken"))["seq"].as_u64(),
            answer.set_cookie()
        ),
        (Some(1), None)
    );
    assert!(answer.key().starts_with("1."));
    let again = post(&mock, "/wx/auth/login", json!({ "code": code })).await;
    again.refuses(DENIED, "invalid_credentials", None);
    assert_eq!(
        (
            mock.root().counters().login.ok,
            mock.root().counters().login.denied
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn a_code_that_is_unknown_too_old_or_of_an_inactive_user_is_refused() {
    let mock = Mock::new();
    let old = code(&mock, "user@example.com").await;
    mock.root().clock().advance(Duration::from_secs(300));
    let inactive = code(&mock, "inactive@example.com").await;
    for code in [old.as_str(), &inactive, "made-up", ""] {
        post(&mock, "/wx/auth/login", json!({ "code": code }))
            .await
            .refuses(DENIED, "invalid_credentials", None);
    }
    for body in [json!({}), json!({ "code": 1 }), json!([])] {
        post(&mock, "/wx/auth/login", body).await.refuses(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            None,
        );
    }
    assert!(mock.root().families().await.unwrap().is_empty());
}

#[tokio::test]
async fn of_many_exchanges_of_one_code_at_once_one_succeeds() {
    let mock = Mock::new();
    let code = code(&mock, "user@example.com").await;
    let all = (0..50).map(|_| post(&mock, "/wx/auth/login", json!({ "code": code })));
    let answers = futures_util::future::join_all(all).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 200).count(),
        1
    );
}

#[tokio::test]
async fn each_refresh_gives_a_new_pair_by_the_table_of_rotation() {
    let mock = Mock::new();
    let first = login(&mock).await;
    let second = refresh(&mock, &first.text("refreshToken"), Some(&first.key())).await;
    assert_eq!(
        (
            second.status,
            claims(&second.text("refreshToken"))["seq"].as_u64()
        ),
        (200, Some(2))
    );
    let again = refresh(&mock, &first.text("refreshToken"), Some(&first.key())).await;
    assert_eq!(again.text("refreshToken"), second.text("refreshToken"));
    refresh(&mock, &second.text("refreshToken"), Some(&second.key())).await;
    let old = refresh(&mock, &first.text("refreshToken"), Some(&first.key())).await;
    old.refuses(StatusCode::CONFLICT, "superseded", None);
    let reused = refresh(&mock, &first.text("refreshToken"), None).await;
    reused.refuses(DENIED, "invalid_grant", Some("reuse"));
    let counters = mock.root().counters();
    let expected = Refreshes {
        ok: 2,
        replayed: 1,
        superseded: 1,
        denied: 1,
        limited: 0,
    };
    assert_eq!(
        (counters.refresh, counters.rotations, counters.reuse),
        (expected, 2, 1)
    );
}

#[tokio::test]
async fn without_a_token_it_is_missing_and_a_foreign_one_is_refused() {
    let mock = Mock::new();
    for body in [
        "",
        "{}",
        "{\"refreshToken\":\"\"}",
        "{\"refreshToken\":null}",
    ] {
        let answer = mock
            .ask(
                ("POST", "/wx/auth/refresh"),
                &[("content-type", "application/json")],
                body,
            )
            .await;
        answer.refuses(DENIED, "invalid_grant", Some("missing"));
    }
    let rotating = mock.signed_in("user@example.com").await.1.cookie().unwrap();
    for token in ["x", &rotating] {
        refresh(&mock, token, None)
            .await
            .refuses(DENIED, "invalid_grant", None);
    }
    for body in [
        "[]",
        "{\"refreshToken\":1}",
        "{\"refreshToken\":\"a\",\"refreshToken\":\"a\"}",
    ] {
        let answer = mock
            .ask(
                ("POST", "/wx/auth/refresh"),
                &[("content-type", "application/json")],
                body,
            )
            .await;
        answer.refuses(StatusCode::BAD_REQUEST, "invalid_request", None);
    }
}

#[tokio::test]
async fn a_logout_takes_the_token_and_always_succeeds() {
    let mock = Mock::new();
    let (here, there) = (login(&mock).await, login(&mock).await);
    for body in [
        json!({ "refreshToken": here.text("refreshToken") }),
        json!({ "refreshToken": "x" }),
        json!({}),
    ] {
        let answer = post(&mock, "/wx/auth/logout", body).await;
        assert_eq!(
            (answer.status, answer.json()),
            (200, json!({ "success": true }))
        );
    }
    refresh(&mock, &here.text("refreshToken"), None)
        .await
        .refuses(DENIED, "invalid_grant", Some("logout"));
    assert_eq!(
        refresh(&mock, &there.text("refreshToken"), None)
            .await
            .status,
        200
    );
    assert_eq!(mock.root().counters().logout, 3);
}

#[tokio::test]
async fn the_profile_is_for_everyone_and_the_admins_page_is_not() {
    let mock = Mock::new();
    let access = login(&mock).await.access();
    assert_eq!(
        mock.bearer("/wx/api/profile", &access).await.text("email"),
        "user@example.com"
    );
    let refused = mock.bearer("/wx/api/admin", &access).await;
    refused.refuses(StatusCode::FORBIDDEN, "insufficient_scope", None);
    mock.root().clock().advance(Duration::from_secs(900));
    mock.bearer("/wx/api/profile", &access)
        .await
        .refuses(DENIED, "invalid_token", None);
    let admin = code(&mock, "admin@example.com").await;
    let admin = post(&mock, "/wx/auth/login", json!({ "code": admin })).await;
    assert_eq!(
        mock.bearer("/wx/api/admin", &admin.access()).await.status,
        200
    );
}

#[tokio::test]
async fn codes_are_minted_only_for_those_who_may_use_the_controls() {
    let off = Mock::with(Options {
        control: false,
        ..Options::default()
    });
    let body = json!({ "email": "user@example.com" });
    post(&off, "/wx/code", body.clone())
        .await
        .refuses(StatusCode::NOT_FOUND, "not_found", None);
    let mock = Mock::new();
    for (name, value) in [
        ("origin", "https://evil.test"),
        ("host", "evil.test"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let headers = [("content-type", "application/json"), (name, value)];
        let answer = mock
            .ask(("POST", "/wx/code"), &headers, body.to_string())
            .await;
        answer.refuses(StatusCode::FORBIDDEN, "control_forbidden", None);
    }
    for wrong in [
        json!({ "email": "nobody@example.com" }),
        json!({}),
        json!({ "email": 1 }),
        json!({ "email": "user@example.com", "role": "admin" }),
    ] {
        post(&mock, "/wx/code", wrong).await.refuses(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_control",
            None,
        );
    }
}

#[tokio::test]
async fn a_reset_takes_the_codes_with_it() {
    let mock = Mock::new();
    let code = code(&mock, "user@example.com").await;
    mock.root().reset().await.unwrap();
    post(&mock, "/wx/auth/login", json!({ "code": code }))
        .await
        .refuses(DENIED, "invalid_credentials", None);
}
