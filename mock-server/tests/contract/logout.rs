use axum::http::StatusCode;
use serde_json::json;

use crate::rig::{Browser, Mock};

const DENIED: StatusCode = StatusCode::UNAUTHORIZED;

/// Two sessions of one user, and one of another.
async fn three(mock: &Mock) -> (Browser, Browser, Browser) {
    let (here, _) = mock.signed_in("user@example.com").await;
    let (there, _) = mock.signed_in("user@example.com").await;
    let (stranger, _) = mock.signed_in("admin@example.com").await;
    (here, there, stranger)
}

#[tokio::test]
async fn by_default_a_logout_ends_every_session_of_the_user() {
    for query in ["", "?scope=global"] {
        let mock = Mock::new();
        let (mut here, mut there, mut stranger) = three(&mock).await;
        let cookie = here.jar.clone().unwrap();
        let answer = here.logout(query).await;
        assert_eq!(
            (answer.status, answer.json()),
            (200, json!({ "success": true }))
        );
        assert!(answer.is_cleared());
        mock.present(&cookie, None)
            .await
            .refuses(DENIED, "invalid_grant", Some("logout"));
        there
            .refresh()
            .await
            .refuses(DENIED, "invalid_grant", Some("logout"));
        assert_eq!(stranger.refresh().await.status, 200);
    }
}

#[tokio::test]
async fn a_local_logout_ends_this_session_only() {
    let mock = Mock::new();
    let (mut here, mut there, _) = three(&mock).await;
    let cookie = here.jar.clone().unwrap();
    assert!(here.logout("?scope=local").await.is_cleared());
    mock.present(&cookie, None)
        .await
        .refuses(DENIED, "invalid_grant", Some("logout"));
    assert_eq!(there.refresh().await.status, 200);
}

#[tokio::test]
async fn a_logout_of_the_others_keeps_this_session_and_its_cookie() {
    let mock = Mock::new();
    let (mut here, mut there, _) = three(&mock).await;
    let answer = here.logout("?scope=others").await;
    assert_eq!((answer.status, answer.set_cookie()), (200, None));
    there
        .refresh()
        .await
        .refuses(DENIED, "invalid_grant", Some("logout"));
    assert_eq!(here.refresh().await.status, 200);
}

#[tokio::test]
async fn logging_out_again_or_with_nothing_or_with_a_forgery_succeeds_and_clears() {
    let mock = Mock::new();
    let (mut here, mut there, _) = three(&mock).await;
    let cookie = here.jar.clone().unwrap();
    here.logout("?scope=local").await;
    for jar in [Some(cookie), None, Some("forged".to_owned())] {
        let answer = Browser {
            jar,
            ..mock.browser()
        }
        .logout("")
        .await;
        assert!(answer.status == 200 && answer.is_cleared());
    }
    assert_eq!(
        there.refresh().await.status,
        200,
        "an ended family reaches no further than itself"
    );
    assert_eq!(mock.root().counters().logout, 4);
}

#[tokio::test]
async fn a_token_older_than_the_predecessor_ends_only_its_own_family() {
    for (query, own_ends) in [("", true), ("?scope=local", true), ("?scope=others", false)] {
        let mock = Mock::new();
        let (mut here, mut there, _) = three(&mock).await;
        let old = here.jar.clone();
        here.refresh().await;
        here.refresh().await;
        Browser {
            jar: old,
            ..mock.browser()
        }
        .logout(query)
        .await;
        assert_eq!(there.refresh().await.status, 200, "{query}");
        assert_eq!(here.refresh().await.status == 401, own_ends, "{query}");
    }
}

#[tokio::test]
async fn the_predecessor_may_still_log_out_everywhere_because_its_answer_may_be_lost() {
    let mock = Mock::new();
    let (mut here, mut there, _) = three(&mock).await;
    let predecessor = here.jar.clone();
    here.refresh().await;
    Browser {
        jar: predecessor,
        ..mock.browser()
    }
    .logout("")
    .await;
    there
        .refresh()
        .await
        .refuses(DENIED, "invalid_grant", Some("logout"));
}

#[tokio::test]
async fn a_scope_nobody_knows_or_two_of_them_is_a_mistake_that_ends_nothing() {
    let mock = Mock::new();
    let (mut here, _, _) = three(&mock).await;
    for query in ["?scope=all", "?scope=", "?scope=local&scope=local"] {
        here.logout(query)
            .await
            .refuses(StatusCode::BAD_REQUEST, "invalid_request", None);
    }
    assert_eq!(
        (here.refresh().await.status, mock.root().counters().logout),
        (200, 0)
    );
}

#[tokio::test]
async fn access_tokens_are_served_until_they_expire_also_after_the_logout() {
    let mock = Mock::new();
    let (mut browser, login) = mock.signed_in("user@example.com").await;
    browser.logout("").await;
    assert_eq!(mock.me(&login.access()).await.status, 200);
}
