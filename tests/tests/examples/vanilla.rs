//! `vanilla`: without a build step.

use evertoken_tests::USER;

use crate::place::Example;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_without_a_build_step_signs_in_renews_once_for_twenty_calls_and_stays_signed_in() {
    let example = Example::page("vanilla").await;
    example.says("#who", "You are not signed in.").await;
    example.browser.fill("[name=password]", "wrong").await;
    example.browser.click("#login button").await;
    example.says("#problem", "does not accept").await;
    example.browser.fill("[name=password]", "password").await;
    example.sign_in().await;
    example.says("#problem", "").await;

    example.browser.click("#ask").await;
    example.says("#answer", USER).await;
    example.expire();
    example.browser.click("#ask-many").await;
    example.says("#answer", "20 of 20").await;
    let counters = example.mock.counters();
    assert_eq!((counters.login.ok, counters.login.denied), (1, 1));
    assert_eq!((counters.rotations, counters.reuse), (1, 0));
    assert_eq!(counters.resource.ok, 21);

    example.browser.reload().await;
    example.says("#who", USER).await;
    assert_eq!(example.mock.counters().rotations, 2);
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_in_one_tab_of_it_is_signing_out_in_the_other() {
    let example = Example::page("vanilla").await;
    example.sign_in().await;
    let first = example.browser.tab().await;
    example.browser.open_tab(&example.url).await;
    example.says("#who", USER).await;
    example.browser.click("#logout").await;
    example.says("#who", "You are signed out.").await;
    example.browser.go_to(&first).await;
    example.says("#who", "You are signed out.").await;
    let counters = example.mock.counters();
    assert_eq!((counters.logout, counters.rotations), (1, 0));
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_is_for_everyone_in_light_and_in_dark_on_a_phone_and_on_a_desk() {
    let example = Example::page("vanilla").await;
    let walk = async |example: &Example| {
        example.says("#who", "You are not signed in.").await;
        example.looks_well("signed out").await;
        example.sign_in().await;
        example.browser.click("#ask-many").await;
        example.says("#answer", "20 of 20").await;
        example.looks_well("signed in").await;
    };
    example.serves_everyone(walk).await;
}
