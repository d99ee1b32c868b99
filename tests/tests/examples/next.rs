//! `next`: rendered on the server, signed in in the browser.

use evertoken_tests::USER;
use serde_json::json;

use crate::place::Example;

/// What the server sent, as one text.
const SENT: &str = "return (await (await fetch(location)).text()).match(/<p id=.who.*?>(.*?)</)[1]";

#[tokio::test(flavor = "multi_thread")]
async fn what_next_renders_knows_nobody_yet_and_the_browser_signs_in_and_stays_so() {
    let example = Example::program("next").await;
    assert_eq!(example.browser.run(SENT).await, "One moment…");
    example.says("#who", "You are not signed in.").await;
    example.sign_in().await;
    assert_eq!(example.browser.run(SENT).await, "One moment…");
    example.expire();
    example.browser.click("#to-account").await;
    example.says("#account", USER).await;
    let counters = example.mock.counters();
    assert_eq!((counters.login.ok, counters.rotations), (1, 1));

    example.browser.reload().await;
    example.says("#account", USER).await;
    let counters = example.mock.counters();
    assert_eq!((counters.rotations, counters.reuse), (2, 0));
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_for_those_who_are_signed_in_sends_others_to_the_login_and_asks_the_backend_nothing()
 {
    let example = Example::program("next").await;
    example
        .browser
        .visit(&format!("{}/account", example.url.trim_end_matches('/')))
        .await;
    example.says("#who", "You are not signed in.").await;
    let path = example.browser.run("return location.pathname").await;
    assert_eq!(path, json!("/"));
    let counters = example.mock.counters();
    assert_eq!(
        (counters.resource.ok, counters.resource.unauthorized),
        (0, 0)
    );
    example.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_page_is_for_everyone_in_light_and_in_dark_on_a_phone_and_on_a_desk() {
    let example = Example::program("next").await;
    let walk = async |example: &Example| {
        example.says("#who", "You are not signed in.").await;
        example.looks_well("signed out").await;
        example.sign_in().await;
        example.looks_well("signed in").await;
        example.browser.click("#to-account").await;
        example.says("#account", USER).await;
        example.looks_well("at the account").await;
        example.browser.click("#to-home").await;
        example.says("#who", USER).await;
    };
    example.serves_everyone(walk).await;
}
