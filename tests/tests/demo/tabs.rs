//! Many tabs, and the naive client beside ours.

use evertoken_tests::eventually;

use super::{listed, result, signed_in};

#[tokio::test(flavor = "multi_thread")]
async fn three_tabs_that_wake_up_together_are_one_refresh() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    for tabs in ["2", "3"] {
        browser.click("#more-tabs").await;
        browser.text("#tab-count", |count| count == tabs).await;
    }
    // A new tab starts from the token of the others.
    assert_eq!(stage.mock.counters().rotations, 0);
    browser.click("#jump").await;
    browser.click("#all-call").await;
    result(&stage, "3 of 3").await;
    let counters = stage.mock.counters();
    assert_eq!((counters.rotations, counters.reuse), (1, 0));
    listed(&stage, "adopted", "Tab 3").await;
    let waits = "return document.querySelectorAll('#lanes .wait').length";
    assert!(eventually(async || browser.run(waits).await.as_u64() >= Some(1)).await);

    browser.click("#fewer-tabs").await;
    browser.text("#tab-count", |count| count == "2").await;
    let frames = "return document.querySelectorAll('iframe').length";
    assert_eq!(browser.run(frames).await, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_naive_client_has_sessions_and_counters_of_its_own_and_signs_in_again_when_asked() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    let naive = stage.mock.tenant("naive").unwrap();
    browser.click("#one-call").await;
    result(&stage, "1 of 1").await;
    browser.click("#compare").await;
    assert!(eventually(async || naive.counters().login.ok == 1).await);
    // What was before, only one of them has seen.
    let since = |since: &str| since.contains("beside each other");
    browser.text("#compared-since", since).await;
    let served = "[data-figure='served'] td:nth-of-type(1)";
    browser.text(served, |text| text == "0").await;

    browser.click("input[value='before']").await;
    browser.click("#expire").await;
    browser.click("#one-call").await;
    listed(&stage, "signed-out", "Naive, Tab 1").await;
    browser.click("input[value='fine']").await;
    let thrown_out = "[data-figure='thrownOut'] td:nth-of-type";
    for (column, wanted) in [(1, "0"), (2, "1")] {
        let cell = format!("{thrown_out}({column})");
        browser.text(&cell, |text| text == wanted).await;
    }

    browser.click("#naive-in").await;
    assert!(eventually(async || naive.counters().login.ok == 2).await);
    assert_eq!(stage.mock.counters().login.ok, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_better_naive_client_shares_a_refresh_within_a_tab_and_not_between_tabs() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    let naive = stage.mock.tenant("naive").unwrap();
    browser.click("#more-tabs").await;
    browser.text("#tab-count", |count| count == "2").await;
    browser.click("#compare").await;
    let two_in = async || naive.counters().rotations == 1 && naive.counters().login.ok == 1;
    assert!(eventually(two_in).await);
    browser.click("#sharing").await;
    browser.click("#expire").await;
    browser.click("#twenty-calls").await;
    result(&stage, "Naive client: 20 of 20").await;
    let counters = naive.counters();
    assert_eq!((counters.rotations, counters.reuse), (2, 0));

    browser.click("input[value='slow']").await;
    browser.click("#expire").await;
    browser.click("#all-call").await;
    result(&stage, "2 of 2").await;
    assert_eq!(
        (naive.counters().reuse, stage.mock.counters().reuse),
        (1, 0)
    );
    stage.end().await;
}
