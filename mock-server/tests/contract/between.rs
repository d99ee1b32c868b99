//! Between the contracts: a token is good in its own only, and what ends a user's sessions ends them in all.

use axum::http::StatusCode;

use crate::oauth2::{BAD, login, refresh};
use crate::rig::Mock;

#[tokio::test]
async fn a_token_is_nothing_to_another_contract() {
    let mock = Mock::new();
    let (mut browser, cookie) = mock.signed_in("user@example.com").await;
    let ours = login(&mock).await.text("refresh_token");
    let theirs = cookie.cookie().unwrap();
    refresh(&mock, &theirs, None)
        .await
        .refuses(BAD, "invalid_grant", None);
    mock.form("/auth/revoke", &format!("token={theirs}")).await;
    mock.present(&ours, None)
        .await
        .refuses(StatusCode::UNAUTHORIZED, "invalid_grant", None);
    let mut other = mock.browser();
    other.jar = Some(ours.clone());
    other.logout("").await;
    other.jar = Some(ours.clone());
    other.login("admin@example.com").await;
    assert_eq!(refresh(&mock, &ours, None).await.status, 200);
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn reuse_and_a_global_logout_reach_the_users_families_of_all_contracts() {
    let mock = Mock::new();
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    let first = login(&mock).await;
    refresh(&mock, &first.text("refresh_token"), None).await;
    refresh(&mock, &first.text("refresh_token"), None).await;
    browser
        .refresh()
        .await
        .refuses(StatusCode::UNAUTHORIZED, "invalid_grant", Some("reuse"));
    let (mut browser, _) = mock.signed_in("user@example.com").await;
    let second = login(&mock).await;
    browser.logout("").await;
    refresh(&mock, &second.text("refresh_token"), None)
        .await
        .refuses(BAD, "invalid_grant", Some("logout"));
}
