//! The demo page, used as a person uses it.

#![allow(clippy::unwrap_used, reason = "a test that fails says so by panicking")]

use std::path::Path;

use evertoken_tests::{Stage, USER, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_makes_twenty_calls_with_an_expired_token_and_signs_out() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/demo");
    let stage = Stage::serving(&page, |_| ()).await;
    let browser = &stage.browser;
    browser.text("#who", |who| who.contains("Nobody")).await;
    browser
        .click(&format!("button[data-account='{USER}']"))
        .await;
    browser.text("#who", |who| who.contains(USER)).await;

    browser.click("#expire").await;
    browser.click("#twenty-calls").await;
    let result = browser
        .text("#result", |text| text.contains("20 of 20"))
        .await;
    assert!(result.contains("one refresh"), "{result}");
    let counters = stage.mock.counters();
    assert_eq!((counters.resource.ok, counters.rotations), (20, 1));

    browser.click("#fail-next").await;
    browser.click("#expire").await;
    browser.click("#one-call").await;
    // The problem itself is taken back as soon as the client has helped itself; that it was told stays.
    browser
        .text("#timeline [data-type='refresh-failed']", |told| {
            !told.is_empty()
        })
        .await;
    browser.click("#one-call").await;
    assert!(eventually(async || stage.mock.counters().resource.ok == 21).await);

    browser.click("#sign-out").await;
    browser.text("#who", |who| who.contains("Nobody")).await;
    assert_eq!(stage.mock.counters().logout, 1);
    let tokens = browser
        .run("return document.body.innerText.match(/eyJ[\\w-]+/g) ?? []")
        .await;
    assert_eq!(tokens.as_array().unwrap().len(), 0);
    stage.end().await;
}
