//! `tour`: bookings behind a login, here or at a provider.

use evertoken_tests::{ADMIN, USER};

use crate::place::Example;

async fn is_at_the_login(example: &Example) {
    example.says("h1", "Sign in to see your bookings").await;
    example.is_there("#login").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_at_bookings_signs_in_first_and_is_sent_back_there_when_the_session_is_refused()
 {
    let example = Example::page("tour").await;
    is_at_the_login(&example).await;
    assert_eq!(example.requests_to("/api/v1/bookings"), 0);
    example.browser.click("#login button.main").await;
    example.says("#who", USER).await;
    example.says("#bookings", "Old town on foot").await;

    example.expire();
    example.browser.click("#again").await;
    example.is_there("#bookings[data-looked='2']").await;
    let counters = example.mock.counters();
    assert_eq!((counters.login.ok, counters.resource.ok), (1, 2));
    // The page after the login has asked for a token of its own, unless the one before was still there to tell it.
    assert!((1..=2).contains(&counters.refresh.ok), "{counters:?}");

    example.expire();
    example.mock.root().expire_refresh(None).await.unwrap();
    example.browser.click("#again").await;
    is_at_the_login(&example).await;
    example.says("#why", "Your session has run out.").await;
    let denied = example.mock.counters().refresh.denied;
    assert!(denied >= 1, "the backend refused");
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_at_the_provider_comes_back_signed_in_and_signing_out_leads_to_the_login() {
    let example = Example::page("tour").await;
    is_at_the_login(&example).await;
    example.browser.click("#elsewhere").await;
    example
        .browser
        .click(&format!("button[value='{ADMIN}']"))
        .await;
    example.says("#who", ADMIN).await;
    example.says("#bookings", "Harbour by boat").await;
    assert_eq!(example.requests_to("/api/v1/auth/login"), 0, "no password");
    assert_eq!(example.mock.counters().login.ok, 1);

    example.browser.click("#logout").await;
    is_at_the_login(&example).await;
    example.says("#why", "You are signed out.").await;
    assert_eq!(example.mock.counters().logout, 1);
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_left_without_signing_in_is_said_at_the_login() {
    let example = Example::page("tour").await;
    is_at_the_login(&example).await;
    example.browser.click("#elsewhere").await;
    example.browser.click("button:not([value])").await;
    is_at_the_login(&example).await;
    example.says("#why", "left without signing in").await;
    assert_eq!(example.mock.counters().login.ok, 0);
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_is_for_everyone_in_light_and_in_dark_on_a_phone_and_on_a_desk() {
    let example = Example::page("tour").await;
    let walk = async |example: &Example| {
        is_at_the_login(example).await;
        example.looks_well("at the login").await;
        example.browser.click("#login button.main").await;
        example.says("#bookings", "Old town on foot").await;
        example.looks_well("at the bookings").await;
    };
    example.serves_everyone(walk).await;
}
