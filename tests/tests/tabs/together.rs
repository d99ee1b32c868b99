//! Tabs whose tokens expire together.

use evertoken_tests::{Stage, USER};

use crate::{
    all_served, all_signed_in, call_in_all, expire, go, listen_for_go, open_tab_without, slow,
    tabs_without,
};

const NO_LOCKS: &str = "Object.defineProperty(navigator, 'locks', { value: undefined })";
const NO_CHANNEL: &str = "window.BroadcastChannel = undefined";

#[tokio::test(flavor = "multi_thread")]
async fn s12_twenty_tabs_expire_together_five_times_in_a_row_and_there_are_exactly_five_refreshes()
{
    let stage = Stage::new().await;
    let tabs = tabs_without(&stage, 20, "").await;
    listen_for_go(&stage, &tabs).await;
    // On a busy machine a tab may ask the server at its start, since nobody answered it within 100 ms.
    let (before, asked) = (stage.mock.counters(), stage.requests_to("/auth/refresh"));
    for round in 1..=5 {
        expire(&stage);
        all_served(&go(&stage, &tabs).await);
        let counters = stage.mock.counters();
        let refreshes = counters.refresh.ok - before.refresh.ok;
        let rotations = counters.rotations - before.rotations;
        assert_eq!((refreshes, rotations, counters.reuse), (round, round, 0));
    }
    assert_eq!(stage.requests_to("/auth/refresh"), asked + 5);
    all_signed_in(&stage, &tabs, USER).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_tabs_that_find_a_refresh_under_way_wait_for_it_and_share_what_it_brings() {
    let stage = Stage::new().await;
    let tabs = tabs_without(&stage, 5, "").await;
    let before = stage.mock.counters().rotations;
    expire(&stage);
    slow(&stage, "/auth/refresh", 1_500);
    all_served(&call_in_all(&stage, &tabs).await);
    let counters = stage.mock.counters();
    assert_eq!((counters.rotations - before, counters.reuse), (1, 0));
    stage.end().await;
}

/// They expire together, five times; nobody is signed out, and the server sees no theft.
async fn five_rounds_without(stage: &Stage, tabs: usize, take_away: &str) {
    let tabs = tabs_without(stage, tabs, take_away).await;
    listen_for_go(stage, &tabs).await;
    // Who could not be told the token asked for one of its own at its start.
    let before = stage.mock.counters().rotations;
    let rounds = 5;
    for _ in 0..rounds {
        expire(stage);
        all_served(&go(stage, &tabs).await);
    }
    all_signed_in(stage, &tabs, USER).await;
    let counters = stage.mock.counters();
    let most = rounds * u64::try_from(tabs.len()).unwrap();
    assert_eq!((counters.reuse, counters.refresh.denied), (0, 1));
    let rotations = counters.rotations - before;
    assert!((rounds..=most).contains(&rotations), "{rotations}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_twenty_tabs_without_locks_expire_together_and_nobody_is_signed_out_or_taken_for_a_thief()
 {
    let stage = Stage::new().await;
    five_rounds_without(&stage, 20, NO_LOCKS).await;
    assert_eq!(stage.who_after_reload().await, USER);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_tabs_that_cannot_talk_expire_together_and_each_is_served() {
    let stage = Stage::new().await;
    five_rounds_without(&stage, 6, NO_CHANNEL).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_tabs_with_neither_locks_nor_a_channel_expire_together_and_each_is_served() {
    let stage = Stage::new().await;
    five_rounds_without(&stage, 6, &[NO_LOCKS, NO_CHANNEL].join(";")).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_tabs_of_a_page_that_is_no_secure_context_expire_together_and_each_is_served() {
    let stage = Stage::relayed_as("app.example").await;
    let missing = "return [isSecureContext, typeof navigator.locks, typeof crypto.subtle]";
    assert_eq!(
        stage.browser.run(missing).await,
        serde_json::json!([false, "undefined", "undefined"])
    );
    five_rounds_without(&stage, 6, "").await;
    assert_eq!(stage.who_after_reload().await, USER);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_of_which_one_has_no_locks_and_one_no_channel_are_all_served() {
    let stage = Stage::new().await;
    let mut tabs = tabs_without(&stage, 2, "").await;
    for take_away in [NO_LOCKS, NO_CHANNEL] {
        tabs.push(open_tab_without(&stage, take_away).await);
    }
    listen_for_go(&stage, &tabs).await;
    for _ in 0..5 {
        expire(&stage);
        all_served(&go(&stage, &tabs).await);
    }
    assert_eq!(stage.mock.counters().reuse, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s13_the_tab_that_holds_the_lock_is_slow_and_the_others_get_its_result() {
    let stage = Stage::new().await;
    let tabs = tabs_without(&stage, 3, "").await;
    let before = stage.mock.counters().rotations;
    expire(&stage);
    // Longer than the others would wait for an answer to a request of their own.
    slow(&stage, "/auth/refresh", 2_200);
    // The first calls first, so it is the one that holds the lock; the others are those that wait.
    for tab in tabs.iter().skip(1) {
        stage.browser.go_to(tab).await;
        stage.browser.run("auth.dispose()").await;
        stage.client("{ requestTimeout: 2_000 }").await;
    }
    all_served(&call_in_all(&stage, &tabs).await);
    assert_eq!(stage.mock.counters().rotations - before, 1);
    stage.end().await;
}
