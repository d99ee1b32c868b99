//! `react`: Vite, a guarded router, a protected page.

use evertoken_tests::USER;
use serde_json::json;

use crate::place::Example;

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_asks_for_a_login_leads_back_and_keeps_whoever_reloads_where_they_are() {
    let example = Example::program("react").await;
    example.says("#who", "Nobody is signed in").await;
    example.browser.click("#to-account").await;
    example.says("#why", "Sign in to see /account.").await;
    assert_eq!(example.mock.counters().resource.unauthorized, 0);
    example.browser.click("#login button").await;
    example.says("#account", USER).await;
    assert_eq!(path(&example).await, "/account");

    example.browser.reload().await;
    example.says("#account", USER).await;
    assert_eq!(path(&example).await, "/account");
    let counters = example.mock.counters();
    assert_eq!(
        (counters.login.ok, counters.rotations, counters.reuse),
        (1, 1, 0),
        "mounted twice, it is one client"
    );

    example.browser.click("#logout").await;
    example.says("#who", "Nobody is signed in").await;
    assert_eq!(path(&example).await, "/");
    assert_eq!(example.mock.counters().logout, 1);
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_never_sees_that_a_token_expired_and_is_left_when_the_session_ends() {
    let example = Example::program("react").await;
    example.browser.click("#to-account").await;
    example.browser.click("#login button").await;
    example.says("#account", USER).await;
    example.expire();
    example.browser.click("#again").await;
    example.says("#account", "Answer 2.").await;
    assert_eq!(example.mock.counters().rotations, 1);

    example.expire();
    example.mock.root().expire_refresh(None).await.unwrap();
    example.browser.click("#again").await;
    example.says("#why", "Sign in to see /account.").await;
    let counters = example.mock.counters();
    assert_eq!((counters.rotations, counters.reuse), (1, 0));
    example.end().await;
}

async fn path(example: &Example) -> String {
    let path = example.browser.run("return location.pathname").await;
    assert_ne!(path, json!(null));
    path.as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_is_for_everyone_in_light_and_in_dark_on_a_phone_and_on_a_desk() {
    let example = Example::program("react").await;
    let walk = async |example: &Example| {
        example.says("#who", "Nobody is signed in").await;
        example.looks_well("signed out").await;
        example.browser.click("#to-account").await;
        example.says("#why", "Sign in to see").await;
        example.looks_well("at the login").await;
        example.browser.click("#login button").await;
        example.says("#account", USER).await;
        example.looks_well("at the account").await;
    };
    example.serves_everyone(walk).await;
}
