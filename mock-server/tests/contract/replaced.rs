//! Row 2 of the table and its exception: a login took the place of another session, and then that session's
//! cookie came back.

use axum::http::StatusCode;
use evertoken_mock::Refreshes;

use crate::rig::Mock;

const DENIED: StatusCode = StatusCode::UNAUTHORIZED;

#[tokio::test]
async fn row_2_a_replaced_cookie_with_the_key_of_the_login_that_replaced_it_gets_that_logins_token()
{
    let mock = Mock::new();
    let (mut browser, a) = mock.signed_in("user@example.com").await;
    let b = browser.login("admin@example.com").await;
    // A's late Set-Cookie landed after B's: the jar went back to A.
    let answer = mock.present(&a.cookie().unwrap(), Some(&b.key())).await;
    assert_eq!((answer.status, answer.cookie()), (200, b.cookie()));
    assert_eq!(answer.json()["user"]["email"], "admin@example.com");
    let without = mock.present(&a.cookie().unwrap(), None).await;
    without.refuses(DENIED, "invalid_grant", Some("replaced"));
    let with_own = mock.present(&a.cookie().unwrap(), Some(&a.key())).await;
    with_own.refuses(DENIED, "invalid_grant", Some("replaced"));
    let refresh = Refreshes {
        replayed: 1,
        denied: 2,
        ..Refreshes::default()
    };
    assert_eq!(mock.root().counters().refresh, refresh);
    assert_eq!(
        browser.refresh_with(&b.key()).await.status,
        200,
        "nothing was held against B"
    );
}

#[tokio::test]
async fn row_2_an_older_key_of_the_replacing_login_is_a_repeat_or_superseded_and_never_reuse() {
    let mock = Mock::new();
    let (mut browser, a) = mock.signed_in("user@example.com").await;
    let b = browser.login("admin@example.com").await;
    let second = browser.refresh_with(&b.key()).await;
    let repeat = mock.present(&a.cookie().unwrap(), Some(&b.key())).await;
    assert_eq!((repeat.status, repeat.cookie()), (200, second.cookie()));
    browser.refresh_with(&second.key()).await;
    let old = mock.present(&a.cookie().unwrap(), Some(&b.key())).await;
    old.refuses(StatusCode::CONFLICT, "superseded", None);
    browser.refresh().await;
    let doubted = mock.present(&a.cookie().unwrap(), Some(&b.key())).await;
    doubted.refuses(DENIED, "invalid_grant", Some("replaced"));
    assert_eq!(
        (mock.root().counters().reuse, browser.refresh().await.status),
        (0, 200)
    );
}

#[tokio::test]
async fn row_2_holds_however_many_logins_came_between_the_cookie_and_the_key() {
    let mock = Mock::new();
    let (mut browser, a) = mock.signed_in("user@example.com").await;
    let b = browser.login("admin@example.com").await;
    let mut newest = browser.login("user@example.com").await;
    for email in ["admin@example.com", "user@example.com", "admin@example.com"] {
        let answer = mock
            .present(&a.cookie().unwrap(), Some(&newest.key()))
            .await;
        assert_eq!((answer.status, answer.cookie()), (200, newest.cookie()));
        newest = browser.login(email).await;
    }
    let late = mock.present(&a.cookie().unwrap(), Some(&b.key())).await;
    late.refuses(DENIED, "invalid_grant", Some("replaced"));
    let out = browser.logout("").await;
    assert_eq!(out.status, 200);
    let ended = mock
        .present(&a.cookie().unwrap(), Some(&newest.key()))
        .await;
    ended.refuses(DENIED, "invalid_grant", Some("replaced"));
    assert_eq!(mock.root().counters().reuse, 0);
}
