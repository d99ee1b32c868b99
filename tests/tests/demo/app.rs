//! The app on the page.

use evertoken_tests::{ADMIN, eventually};

use super::{is_nobody, listed, opened, result, signed_in};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_in_makes_twenty_calls_with_an_expired_token_and_signs_out() {
    let stage = signed_in().await;
    let browser = &stage.browser;

    browser.click("#expire").await;
    browser.click("#twenty-calls").await;
    let result = result(&stage, "20 of 20").await;
    assert!(result.contains("one refresh"), "{result}");
    let counters = stage.mock.counters();
    assert_eq!((counters.resource.ok, counters.rotations), (20, 1));

    browser.click("#sign-out").await;
    is_nobody(&stage).await;
    assert_eq!(stage.mock.counters().logout, 1);
    let tokens = browser
        .run("return document.body.innerText.match(/eyJ[\\w-]+/g) ?? []")
        .await;
    assert_eq!(tokens.as_array().unwrap().len(), 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_beside_the_form_and_the_right_one_signs_in() {
    let stage = opened().await;
    let browser = &stage.browser;
    browser.click("#sign-in-form summary").await;
    browser.fill("#email", ADMIN).await;
    browser.fill("#password", "wrong").await;
    browser.click("#sign-in").await;
    let said = browser.text("#problem", |said| !said.is_empty()).await;
    assert!(said.contains("correct them"), "{said}");
    assert_eq!(stage.mock.counters().login.denied, 1);
    browser.fill("#password", "password").await;
    browser.click("#sign-in").await;
    browser.text("#who", |who| who.contains(ADMIN)).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_fails_is_told_and_the_next_call_is_served() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    browser.click("input[value='before']").await;
    browser.click("#expire").await;
    browser.click("#one-call").await;
    listed(&stage, "refresh-failed", "not just now").await;
    assert_eq!(stage.mock.counters().rotations, 0);
    browser.click("input[value='fine']").await;
    browser.click("#one-call").await;
    assert!(eventually(async || stage.mock.counters().resource.ok == 1).await);
    assert_eq!(stage.mock.counters().login.ok, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_clicks_in_haste_finds_everything_done_in_that_order() {
    let stage = signed_in().await;
    // The server's control is slow: it is asked after twenty other requests.
    let haste = "
        const { fetch } = window;
        window.fetch = async (url, init) => {
          if (String(url).endsWith('/__mock/expire'))
            for (let n = 0; n < 20; n++) await (await fetch('/health')).text();
          return fetch(url, init);
        };
        document.querySelector('#expire').click();
        document.querySelector('#twenty-calls').click()";
    stage.browser.run(haste).await;
    result(&stage, "20 of 20").await;
    let counters = stage.mock.counters();
    assert_eq!((counters.resource.ok, counters.rotations), (20, 1));
    stage.end().await;
}
