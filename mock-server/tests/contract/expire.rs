//! `/__mock/expire`: what was issued so far counts as expired.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::rig::{Answer, Mock, claims};

const WRONG: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;

async fn post(mock: &Mock, path: &str, body: Value) -> Answer {
    mock.json(Method::POST, path, body).await
}

#[tokio::test]
async fn expired_access_tokens_are_refused_and_the_next_one_of_the_same_second_is_good() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    let (_, other) = mock.signed_in("admin@example.com").await;
    post(
        &mock,
        "/__mock/expire",
        json!({ "tokens": "access", "user": "user@example.com" }),
    )
    .await;
    assert_eq!(
        (
            mock.me(&login.access()).await.status,
            mock.me(&other.access()).await.status
        ),
        (401, 200)
    );
    let renewed = browser.refresh().await;
    assert_eq!(
        claims(&renewed.access())["iat"],
        claims(&login.access())["iat"]
    );
    assert_eq!(mock.me(&renewed.access()).await.status, 200);
    post(&mock, "/__mock/expire", json!({ "tokens": "access" })).await;
    assert_eq!(
        (
            mock.me(&renewed.access()).await.status,
            mock.me(&other.access()).await.status
        ),
        (401, 401)
    );
}

#[tokio::test]
async fn expired_refresh_tokens_are_expired_and_the_next_login_of_the_same_second_is_good() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    let (mut other, _) = mock.signed_in("admin@example.com").await;
    post(
        &mock,
        "/__mock/expire",
        json!({ "tokens": "refresh", "user": "user@example.com" }),
    )
    .await;
    browser
        .refresh()
        .await
        .refuses(StatusCode::UNAUTHORIZED, "invalid_grant", Some("expired"));
    assert_eq!(
        (
            other.refresh().await.status,
            mock.me(&login.access()).await.status
        ),
        (200, 200)
    );
    browser.login("user@example.com").await;
    assert_eq!(browser.refresh().await.status, 200);
    post(&mock, "/__mock/expire", json!({ "tokens": "refresh" })).await;
    other
        .refresh()
        .await
        .refuses(StatusCode::UNAUTHORIZED, "invalid_grant", Some("expired"));
}

#[tokio::test]
async fn a_wrong_order_to_expire_is_told_which_field() {
    let mock = Mock::new();
    for (body, field) in [
        (json!({}), "tokens"),
        (json!({ "tokens": "all" }), "tokens"),
        (
            json!({ "tokens": "access", "user": "nobody@example.com" }),
            "user",
        ),
    ] {
        let answer = post(&mock, "/__mock/expire", body).await;
        answer.refuses(WRONG, "invalid_control", None);
        assert!(
            answer.text("error_description").contains(field),
            "{:?}",
            answer.json()
        );
    }
}
