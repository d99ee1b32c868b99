//! `/__mock/expire`: what was issued so far counts as expired.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{Method, StatusCode};
use evertoken_mock::world::{Sleep, Still};
use evertoken_mock::{Options, State, World, app};
use serde_json::{Value, json};

use crate::rig::{Answer, Mock, URL, claims};

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

#[tokio::test]
async fn what_has_expired_stays_so_when_its_user_goes_and_comes_back() {
    let mock = Mock::new();
    let (_, login) = mock.signed_in("user@example.com").await;
    let both = mock.get("/__mock/users").await.json();
    let admin = json!([both[1]]);
    let expire = |user: &str| json!({ "tokens": "access", "user": user });
    for (method, path, body) in [
        (Method::POST, "/__mock/expire", expire("user@example.com")),
        (Method::PUT, "/__mock/users", admin),
        (Method::POST, "/__mock/expire", expire("admin@example.com")),
        (Method::PUT, "/__mock/users", both),
    ] {
        assert_eq!(mock.json(method, path, body).await.status, 200);
    }
    assert_eq!(mock.me(&login.access()).await.status, 401);
}

/// A still world whose clock somebody sets, so many seconds later.
struct Set(Still, AtomicU64);

impl World for Set {
    fn now(&self) -> Duration {
        self.0.now() + Duration::from_secs(self.1.load(Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn sleep(&self, time: Duration) -> Sleep {
        self.0.sleep(time)
    }
}

#[tokio::test]
async fn what_is_issued_next_is_good_also_where_the_systems_clock_was_put_back() {
    let world = Arc::new(Set(Still::new(7), AtomicU64::new(0)));
    let mut mock = Mock::new();
    mock.state = State::new(&Options::default(), world.clone(), URL).unwrap();
    mock.app = app(mock.state.clone());
    for order in [
        json!({ "tokens": "access" }),
        json!({ "tokens": "access", "user": "user@example.com" }),
    ] {
        let (_, first) = mock.signed_in("user@example.com").await;
        world.1.fetch_add(10, Ordering::SeqCst);
        post(&mock, "/__mock/expire", order).await;
        world.1.fetch_sub(10, Ordering::SeqCst);
        let (_, second) = mock.signed_in("user@example.com").await;
        assert_eq!(mock.me(&first.access()).await.status, 401);
        assert_eq!(mock.me(&second.access()).await.status, 200);
    }
}
