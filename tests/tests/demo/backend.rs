//! The backend's part of the page: what breaks it, and what it shows of its sessions.

use evertoken_mock::Counters;
use evertoken_tests::{Stage, eventually};

use super::{is_nobody, listed, result, signed_in};

/// Breaks refreshes in this way, has one due, and makes a call.
async fn call_in(stage: &Stage, weather: &str) {
    let browser = &stage.browser;
    browser.click(&format!("input[value='{weather}']")).await;
    browser.click("#expire").await;
    browser.click("#one-call").await;
}

/// Waits until the server counted this.
async fn counted(stage: &Stage, wanted: impl Fn(&Counters) -> bool) {
    let seen = eventually(async || wanted(&stage.mock.counters())).await;
    assert!(seen, "{:?}", stage.mock.counters());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_asked_for_again_and_the_cookie_was_rotated_once() {
    let stage = signed_in().await;
    call_in(&stage, "after").await;
    listed(&stage, "rotated-lost", "Cookie 1 is spent").await;
    stage.browser.click("input[value='fine']").await;
    listed(&stage, "repeated", "honest repeat").await;
    counted(&stage, |c| c.refresh.replayed >= 1).await;
    let counters = stage.mock.counters();
    assert_eq!((counters.rotations, counters.reuse), (1, 0));
    let families = |text: &str| text.contains("cookie 2 is good");
    stage.browser.text("#families", families).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_a_pause_signs_nobody_out() {
    let stage = signed_in().await;
    call_in(&stage, "limited").await;
    listed(&stage, "limited", "429").await;
    listed(&stage, "refresh-failed", "asked for a pause").await;
    stage.browser.click("input[value='fine']").await;
    counted(&stage, |c| c.rotations == 1).await;
    assert_eq!(stage.mock.counters().login.ok, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_refresh_is_waited_for() {
    let stage = signed_in().await;
    call_in(&stage, "slow").await;
    result(&stage, "1 of 1").await;
    let counters = stage.mock.counters();
    assert_eq!((counters.resource.ok, counters.rotations), (1, 1));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_nothing_arrives_and_nobody_is_signed_out_and_back_online_it_goes_on() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    browser.click("#expire").await;
    browser.click("#offline").await;
    browser.click("#one-call").await;
    listed(&stage, "lost", "got no answer").await;
    assert_eq!(stage.mock.counters().resource.unauthorized, 0);
    browser.click("#offline").await;
    browser
        .text("#break-note", |note| note.contains("Online again"))
        .await;
    browser.click("#one-call").await;
    result(&stage, "1 of 1").await;
    let counters = stage.mock.counters();
    assert_eq!((counters.login.ok, counters.reuse), (1, 0));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_to_expiry_moves_the_servers_clock_and_the_browsers() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    let clock = |text: &str| text.ends_with("as on your own clock.");
    browser.text("#clock", clock).await;
    browser.click("#jump").await;
    browser
        .text("#break-note", |note| note.contains("have passed"))
        .await;
    let clock = |text: &str| text.ends_with("ahead of your own clock.");
    browser.text("#clock", clock).await;
    browser.click("#one-call").await;
    result(&stage, "1 of 1").await;
    let counters = stage.mock.counters();
    // The client knew that it was late: no call was refused.
    assert_eq!((counters.resource.unauthorized, counters.rotations), (0, 1));
    assert!(stage.mock.clock().offset().as_secs() >= 15 * 60);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_cookie_ends_the_session_and_the_page_says_why() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    browser.click("#steal").await;
    listed(&stage, "rotated-lost", "went elsewhere").await;
    browser.click("#jump").await;
    browser.click("#one-call").await;
    is_nobody(&stage).await;
    browser
        .text("#status", |why| why.contains("as a stolen one would"))
        .await;
    listed(&stage, "reuse", "ends all sessions").await;
    assert_eq!(stage.mock.counters().reuse, 1);
    let families = |text: &str| text.contains("ended: a spent cookie came back");
    browser.text("#families", families).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_are_ended_from_another_device_end_here_with_the_next_refresh() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    browser.click("#revoke").await;
    browser
        .text("#families", |text| text.contains("another device"))
        .await;
    browser.click("#jump").await;
    browser.click("#one-call").await;
    is_nobody(&stage).await;
    let counters = stage.mock.counters();
    assert_eq!((counters.reuse, counters.resource.ok), (0, 0));
    stage.end().await;
}
