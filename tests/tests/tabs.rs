//! Several tabs of one browser are one client.
//!
//! Each test opens tabs of one profile on one mock server and asserts on what that server saw.

#![allow(missing_docs, reason = "a test's name is its documentation")]

use std::time::Duration;

use evertoken_mock::{Do, Rule};
use evertoken_tests::{ADMIN, Stage, Tab, USER, eventually};
use serde_json::{Value, json};

/// Makes a request in the background; `window.answer` brings its status, or the code of what it threw.
const CALL: &str = "window.answer = auth.fetch('/auth/me').then((r) => r.status, (e) => e.code)";

/// Waits until `auth.session` is signed out; brings its status and reason.
const SIGNED_OUT: &str = "
    const deadline = Date.now() + 10_000;
    while (auth.session.status !== 'signed-out' && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return [auth.session.status, auth.session.reason]";

/// Opens a tab with a client of its own.
async fn open_tab(stage: &Stage) -> Tab {
    open_tab_without(stage, "").await
}

/// The same in a browser that lacks something: `take_away` is run before the client is made.
async fn open_tab_without(stage: &Stage, take_away: &str) -> Tab {
    let tab = stage
        .browser
        .open_tab(&format!("{}/", stage.mock.url()))
        .await;
    stage.browser.run(take_away).await;
    stage.client("{}").await;
    tab
}

/// Signs in and opens tabs, until there are `n`.
async fn tabs_without(stage: &Stage, n: usize, take_away: &str) -> Vec<Tab> {
    stage.browser.run(take_away).await;
    stage.signed_in(USER).await;
    let mut tabs = vec![stage.browser.tab().await];
    for _ in 1..n {
        tabs.push(open_tab_without(stage, take_away).await);
    }
    tabs
}

/// All access tokens that were issued so far have expired.
fn expire(stage: &Stage) {
    stage.mock.clock().advance(Duration::from_secs(3_600));
}

/// The next answer of an endpoint takes this long.
fn slow(stage: &Stage, path: &str, ms: u64) {
    stage
        .mock
        .faults()
        .add(Rule::new(path, Do::Delay(ms)).count(1));
}

/// Calls in every tab at once, and says what each was answered.
async fn call_in_all(stage: &Stage, tabs: &[Tab]) -> Vec<Value> {
    for tab in tabs {
        stage.browser.go_to(tab).await;
        stage.browser.run(CALL).await;
    }
    let mut answers = vec![];
    for tab in tabs {
        stage.browser.go_to(tab).await;
        answers.push(stage.browser.run("return await answer").await);
    }
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn s29_a_tab_opened_while_others_are_signed_in_starts_from_their_token_and_a_logout_in_one_signs_all_out()
 {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    let first = stage.browser.tab().await;
    open_tab(&stage).await;
    let seen = stage
        .browser
        .run("return [auth.session.user.email, events.map((e) => e.type)]")
        .await;
    assert_eq!(seen, json!([USER, ["adopted", "restored"]]));
    assert_eq!(
        stage.requests_to("/auth/refresh"),
        1,
        "the first tab's, at its start"
    );

    stage.browser.run("await auth.logout()").await;
    stage.browser.go_to(&first).await;
    let told = stage.browser.run(SIGNED_OUT).await;
    assert_eq!(told, json!(["signed-out", "logout"]));
    assert_eq!(stage.mock.counters().logout, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_twenty_tabs_expire_together_and_there_is_one_refresh() {
    let stage = Stage::new().await;
    let tabs = tabs_without(&stage, 20, "").await;
    let before = stage.requests_to("/auth/refresh");
    assert_eq!(before, 1, "the first tab's, at its start");
    expire(&stage);
    // So that all of them find it under way.
    slow(&stage, "/auth/refresh", 1_500);
    let answers = call_in_all(&stage, &tabs).await;
    assert!(answers.iter().all(|answer| *answer == 200), "{answers:?}");
    let counters = stage.mock.counters();
    assert_eq!(
        (counters.refresh.ok, counters.rotations, counters.reuse),
        (1, 1, 0)
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_without_locks_or_without_a_channel_nobody_is_signed_out_and_nothing_is_taken_for_theft()
 {
    for take_away in [
        "Object.defineProperty(navigator, 'locks', { value: undefined })",
        "window.BroadcastChannel = undefined",
    ] {
        let stage = Stage::new().await;
        let tabs = tabs_without(&stage, 5, take_away).await;
        for _ in 0..2 {
            expire(&stage);
            let answers = call_in_all(&stage, &tabs).await;
            assert!(answers.iter().all(|answer| *answer == 200), "{answers:?}");
        }
        let counters = stage.mock.counters();
        assert_eq!(
            (counters.reuse, counters.refresh.denied),
            (0, 1),
            "{take_away}"
        );
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s13_the_tab_that_holds_the_lock_is_slow_and_the_others_get_its_result() {
    let stage = Stage::new().await;
    let tabs = tabs_without(&stage, 3, "").await;
    expire(&stage);
    // Longer than the others would wait for an answer to a request of their own.
    slow(&stage, "/auth/refresh", 2_500);
    // The first calls first, so it is the one that holds the lock; the others are those that wait.
    for tab in tabs.iter().skip(1) {
        stage.browser.go_to(tab).await;
        stage.browser.run("auth.dispose()").await;
        stage.client("{ requestTimeout: 2_000 }").await;
    }
    let answers = call_in_all(&stage, &tabs).await;
    assert!(answers.iter().all(|answer| *answer == 200), "{answers:?}");
    assert_eq!(stage.mock.counters().rotations, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s30_a_page_that_was_left_knows_of_a_logout_before_its_first_request() {
    let stage = Stage::new().await;
    let tabs = tabs_without(&stage, 2, "").await;
    let kept = &tabs[0];
    stage.browser.go_to(kept).await;
    stage
        .browser
        .visit(&format!("{}/health", stage.mock.url()))
        .await;
    stage.browser.go_to(&tabs[1]).await;
    stage.browser.run("await auth.logout()").await;

    stage.browser.go_to(kept).await;
    stage.browser.back().await;
    // Kept aside it has its client still; otherwise it was loaded anew.
    let was_kept = stage.browser.run("return 'auth' in window").await;
    if was_kept == false {
        stage.client("{}").await;
    }
    assert_eq!(
        stage
            .browser
            .run("return await auth.fetch('/auth/me').then((r) => r.status, (e) => e.code)")
            .await,
        "login_required"
    );
    assert_eq!(stage.requests_to("/auth/me"), 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s31_a_logout_that_the_server_could_not_be_told_is_told_at_the_next_start_and_restores_nothing()
 {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    // As often as the browser or the client may repeat it.
    stage
        .mock
        .faults()
        .add(Rule::new("/auth/logout", Do::Reset));
    let thrown = stage.browser.fails("await auth.logout()").await;
    assert_eq!(thrown.code.as_deref(), Some("network"));
    let refreshes = stage.requests_to("/auth/refresh");

    stage.browser.reload().await;
    assert_eq!(stage.mock.counters().logout, 0);
    stage.mock.faults().clear();
    stage.client("{}").await;
    let told = stage.browser.run(SIGNED_OUT).await;
    assert_eq!(told, json!(["signed-out", "logout"]));
    let is_told = eventually(async || stage.mock.counters().logout == 1).await;
    assert!(is_told, "the server is told");
    assert_eq!(stage.requests_to("/auth/refresh"), refreshes);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s31_a_tab_that_is_closed_while_its_logout_waits_leaves_word_of_it() {
    let stage = Stage::new().await;
    let tabs = tabs_without(&stage, 2, "").await;
    stage.browser.go_to(&tabs[0]).await;
    slow(&stage, "/auth/refresh", 2_000);
    stage.browser.run("auth.refresh().catch(() => {})").await;
    stage.browser.go_to(&tabs[1]).await;
    stage.browser.run("auth.logout().catch(() => {})").await;
    stage.browser.close_tab(&tabs[0]).await;
    assert_eq!(
        stage.browser.run(SIGNED_OUT).await,
        json!(["signed-out", "logout"])
    );
    stage.browser.run("auth.dispose()").await;

    open_tab(&stage).await;
    assert_eq!(
        stage.browser.run(SIGNED_OUT).await,
        json!(["signed-out", "logout"])
    );
    let is_told = eventually(async || stage.mock.counters().logout == 1).await;
    assert!(is_told, "the server is told");
    assert_eq!(stage.who_after_reload().await, Value::Null);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s32_a_request_begun_as_one_user_is_never_repeated_as_the_other() {
    let stage = Stage::new().await;
    let tabs = tabs_without(&stage, 2, "").await;
    stage.browser.go_to(&tabs[0]).await;
    slow(&stage, "/auth/me", 1_500);
    expire(&stage);
    stage.browser.run(CALL).await;
    stage.browser.go_to(&tabs[1]).await;
    stage.login(ADMIN).await;
    stage.browser.go_to(&tabs[0]).await;
    assert_eq!(stage.browser.run("return await answer").await, 401);
    assert_eq!(
        stage.browser.run("return auth.session.user.email").await,
        ADMIN
    );
    assert_eq!(stage.requests_to("/auth/me"), 1);
    stage.end().await;
}
