//! `yew`: the Rust API.

use evertoken_tests::USER;

use crate::place::Example;

#[tokio::test(flavor = "multi_thread")]
async fn an_app_in_rust_signs_in_renews_unseen_and_is_signed_in_after_a_reload() {
    let example = Example::page("yew").await;
    example.says("#who", "You are not signed in.").await;
    example.browser.fill("[type=password]", "wrong").await;
    example.browser.click("#login button").await;
    example.says("#problem", "does not know these").await;
    example.browser.fill("[type=password]", "password").await;
    example.sign_in().await;
    example.browser.click("#ask").await;
    example.says("#answer", "Answer 1: user@example.com").await;

    example.expire();
    example.browser.click("#ask").await;
    example.says("#answer", "Answer 2: user@example.com").await;
    let counters = example.mock.counters();
    assert_eq!((counters.login.ok, counters.login.denied), (1, 1));
    assert_eq!((counters.rotations, counters.resource.ok), (1, 2));

    example.browser.reload().await;
    example.says("#who", USER).await;
    let counters = example.mock.counters();
    assert_eq!((counters.rotations, counters.reuse), (2, 0));
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_follows_a_session_that_ends_in_another_tab() {
    let example = Example::page("yew").await;
    example.sign_in().await;
    let first = example.browser.tab().await;
    example.browser.open_tab(&example.url).await;
    example.says("#who", USER).await;
    assert_eq!(example.mock.counters().rotations, 0, "the first told it");
    example.browser.click("#logout").await;
    example.says("#who", "You are signed out.").await;
    example.browser.go_to(&first).await;
    example.says("#who", "You are signed out.").await;
    assert_eq!(example.mock.counters().logout, 1);
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_is_for_everyone_in_light_and_in_dark_on_a_phone_and_on_a_desk() {
    let example = Example::page("yew").await;
    let walk = async |example: &Example| {
        example.says("#who", "You are not signed in.").await;
        example.looks_well("signed out").await;
        example.sign_in().await;
        example.browser.click("#ask").await;
        example.says("#answer", "Answer 1").await;
        example.looks_well("signed in").await;
    };
    example.serves_everyone(walk).await;
}
