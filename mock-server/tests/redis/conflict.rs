//! Somebody comes between a server's reading and its commit, and answers get lost on their way from
//! Redis.

use axum::http::{Method, StatusCode};
use serde_json::json;

use crate::proxy::Proxy;
use crate::rig::{Answer, Mock};
use crate::shared::on_redis;

/// A server with a Redis of its own, and another on the same Redis with a proxy between.
async fn two() -> (Mock, Proxy, Mock) {
    let mock = Mock::new();
    let proxy = Proxy::to(&mock.backing.redis().url()).await;
    let far = on_redis(&proxy.url());
    (mock, proxy, far)
}

/// The refresh of `browser` at the far server, while `between` happens after it read and before its
/// commit.
async fn refresh_around<T>(
    far: &Mock,
    proxy: &Proxy,
    (cookie, key): (&str, Option<&str>),
    between: impl Future<Output = T>,
) -> (Answer, T) {
    let (has_come, let_go) = proxy.hold_next_script();
    let first = far.present(cookie, key);
    let meanwhile = async {
        has_come.await.unwrap();
        let done = between.await;
        let_go.send(()).unwrap();
        done
    };
    tokio::join!(first, meanwhile)
}

#[tokio::test]
async fn a_commit_that_somebody_came_before_is_decided_again_with_the_key_as_an_honest_repeat() {
    let (near, proxy, far) = two().await;
    let (browser, login) = near.signed_in("user@example.com").await;
    let cookie = browser.jar.unwrap();
    let key = login.key();
    let between = near.present(&cookie, Some(&key));
    let (late, early) = refresh_around(&far, &proxy, (&cookie, Some(&key)), between).await;
    assert_eq!((early.status, late.status), (200, 200));
    assert_eq!(early.cookie(), late.cookie(), "the same successor");
    let (near, far) = (near.root().counters(), far.root().counters());
    assert_eq!((near.rotations, near.refresh.replayed), (1, 0));
    assert_eq!((far.rotations, far.refresh.replayed), (0, 1));
}

#[tokio::test]
async fn a_commit_that_somebody_came_before_is_decided_again_without_a_key_as_reuse() {
    let (near, proxy, far) = two().await;
    let (browser, _) = near.signed_in("user@example.com").await;
    let cookie = browser.jar.unwrap();
    let between = near.present(&cookie, None);
    let (late, early) = refresh_around(&far, &proxy, (&cookie, None), between).await;
    assert_eq!(early.status, 200);
    late.refuses(StatusCode::UNAUTHORIZED, "invalid_grant", Some("reuse"));
    let counters = (near.root().counters(), far.root().counters());
    assert_eq!((counters.0.rotations, counters.1.rotations), (1, 0));
    assert_eq!((counters.0.reuse, counters.1.reuse), (0, 1));
}

#[tokio::test]
async fn a_logout_everywhere_that_comes_between_is_seen_though_the_family_itself_did_not_change() {
    let (near, proxy, far) = two().await;
    let (browser, login) = near.signed_in("user@example.com").await;
    let mut other = near.signed_in("user@example.com").await.0;
    let cookie = browser.jar.unwrap();
    let between = other.logout("");
    let (late, out) = refresh_around(&far, &proxy, (&cookie, Some(&login.key())), between).await;
    assert_eq!(out.status, 200);
    late.refuses(StatusCode::UNAUTHORIZED, "invalid_grant", Some("logout"));
    assert_eq!(far.root().counters().rotations, 0);
}

#[tokio::test]
async fn a_login_that_was_turned_away_has_spent_neither_its_code_nor_its_state() {
    let (near, proxy, far) = two().await;
    let code = json!({ "code": minted(&near).await });
    let page = near.get("/api/v1/auth/google?return_to=/").await;
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    let (_, state) = page.split_once("name=\"state\" value=\"").unwrap();
    let (state, _) = state.split_once('"').unwrap();
    let callback = format!("/api/v1/auth/google/callback?state={state}&user=user@example.com");
    let exchange = || far.json(Method::POST, "/wx/auth/login", code.clone());

    proxy.refuse_scripts();
    for turned_away in [exchange().await, far.get(&callback).await] {
        turned_away.refuses(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            None,
        );
        assert_eq!(turned_away.set_cookie(), None);
    }
    proxy.pass_everything();
    assert_eq!(
        (exchange().await.status, exchange().await.status),
        (200, 401)
    );
    assert_eq!(far.get(&callback).await.status, 303);
    assert_eq!(far.get(&callback).await.status, 400);
    assert_eq!(far.root().families().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_code_that_somebody_spends_between_looking_and_committing_opens_nothing() {
    let (near, proxy, far) = two().await;
    let code = json!({ "code": minted(&near).await });
    let exchange = |mock| Mock::json(mock, Method::POST, "/wx/auth/login", code.clone());
    let (has_come, let_go) = proxy.hold_next_script();
    let first = exchange(&far);
    let meanwhile = async {
        has_come.await.unwrap();
        let quicker = exchange(&near).await;
        let_go.send(()).unwrap();
        quicker
    };
    let (late, quicker) = tokio::join!(first, meanwhile);
    assert_eq!(quicker.status, 200);
    late.refuses(StatusCode::UNAUTHORIZED, "invalid_credentials", None);
    assert_eq!(near.root().families().await.unwrap().len(), 1);
    let counters = far.root().counters();
    assert_eq!((counters.login.ok, counters.login.denied), (0, 1));
}

/// A login code for a user.
async fn minted(mock: &Mock) -> String {
    let platform = json!({ "email": "user@example.com" });
    let minted = mock.json(Method::POST, "/wx/code", platform).await;
    minted.text("code")
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_found_done_and_is_one_rotation() {
    let (near, proxy, far) = two().await;
    for key in [true, false] {
        let (browser, login) = near.signed_in("user@example.com").await;
        let key = Some(login.key()).filter(|_| key);
        proxy.lose_answer_of_next_script();
        let answer = far.present(&browser.jar.unwrap(), key.as_deref()).await;
        assert!(proxy.is_done());
        assert_eq!(answer.status, 200);
        let again = near.present(&answer.cookie().unwrap(), None).await;
        assert_eq!(again.status, 200, "its successor is the current token");
    }
    let counters = far.root().counters();
    assert_eq!((counters.rotations, counters.reuse), (2, 0));
    let families = near.root().families().await.unwrap();
    assert_eq!(
        families.iter().map(|family| family.seq).collect::<Vec<_>>(),
        [3, 3]
    );
}
