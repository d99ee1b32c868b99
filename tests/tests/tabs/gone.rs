//! Tabs that are killed, frozen, kept aside or left in the middle of something.

use evertoken_tests::{Stage, USER};
use serde_json::json;

use crate::{CALL, SIGNED_OUT, all_served, all_signed_in, call_in_all, expire, tabs_without};

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_that_is_killed_in_the_middle_of_a_refresh_leaves_the_session_to_the_others() {
    let stage = Stage::relayed().await;
    let tabs = tabs_without(&stage, 3, "").await;
    let before = stage.mock.counters().rotations;
    stage.browser.go_to(&tabs[0]).await;
    // Served, and its answer never seen by anybody.
    let mut refresh = stage.relay().hold_answer("/auth/refresh");
    stage.browser.run("auth.refresh().catch(() => {})").await;
    refresh.here().await;
    expire(&stage);
    stage.browser.kill_tab(&tabs[1]).await;
    all_served(&call_in_all(&stage, &tabs[1..]).await);
    refresh.release();
    let counters = stage.mock.counters();
    assert_eq!(
        (
            counters.rotations - before,
            counters.refresh.replayed,
            counters.reuse
        ),
        (1, 1, 0)
    );
    all_signed_in(&stage, &tabs[1..], USER).await;
    assert_eq!(stage.who_after_reload().await, USER);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s14_a_tab_that_freezes_with_the_lock_in_its_hand_is_waited_for_within_a_bound_and_may_come_back()
 {
    let stage = Stage::relayed().await;
    let tabs = tabs_without(&stage, 2, "").await;
    for tab in &tabs {
        stage.browser.go_to(tab).await;
        stage.browser.run("auth.dispose()").await;
        stage.client("{ requestTimeout: 3_000 }").await;
    }
    let (frozen, other) = (&tabs[0], &tabs[1]);
    stage.browser.go_to(frozen).await;
    let mut refresh = stage.relay().hold_answer("/auth/refresh");
    stage.browser.run("auth.refresh().catch(() => {})").await;
    refresh.here().await;
    let thaw = stage.browser.freeze(stage.relay()).await;
    refresh.release();
    expire(&stage);
    stage.browser.go_to(other).await;
    let waited = "return (await navigator.locks.query()).held.length";
    assert_eq!(
        stage.browser.run(waited).await,
        1,
        "the frozen tab holds it"
    );
    stage.browser.run(CALL).await;
    assert_eq!(stage.browser.run("return await answer").await, 200);

    stage.browser.go_to(frozen).await;
    stage.browser.thaw(thaw).await;
    all_served(&call_in_all(&stage, &tabs).await);
    all_signed_in(&stage, &tabs, USER).await;
    assert_eq!(stage.mock.counters().reuse, 0);
    assert_eq!(stage.who_after_reload().await, USER);
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
async fn s30_a_page_that_was_kept_aside_knows_of_a_logout_before_its_first_request() {
    let stage = Stage::new().await;
    // A page that is kept hears nothing. This one would, of what the storage tells; so it is told so before its client.
    let deaf =
        "addEventListener('storage', (event) => window.deaf && event.stopImmediatePropagation())";
    let tabs = tabs_without(&stage, 2, deaf).await;
    let kept = &tabs[0];
    // What a browser tells a page that it keeps, whether or not it would keep this one here.
    let told = |event: &str| {
        format!("dispatchEvent(new PageTransitionEvent('{event}', {{ persisted: true }}))")
    };
    stage.browser.go_to(kept).await;
    stage.browser.run("window.deaf = true").await;
    stage.browser.run(&told("pagehide")).await;
    stage.browser.go_to(&tabs[1]).await;
    stage.browser.run("await auth.logout()").await;
    stage.browser.go_to(kept).await;
    assert_eq!(stage.session().await["status"], "signed-in");
    let back = format!("window.deaf = false; {}; {CALL}", told("pageshow"));
    stage.browser.run(&back).await;
    assert_eq!(
        stage.browser.run("return await answer").await,
        "login_required"
    );
    assert_eq!(stage.requests_to("/auth/me"), 0);
    assert_eq!(
        stage.browser.run(SIGNED_OUT).await,
        json!(["signed-out", "logout"])
    );
    // And it hears again: of the next login it is told.
    stage.browser.go_to(&tabs[1]).await;
    stage.login(USER).await;
    all_served(&call_in_all(&stage, &tabs).await);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_reloads_in_a_row_during_refreshes_beside_another_tab_leave_the_session_alive() {
    let stage = Stage::relayed().await;
    let tabs = tabs_without(&stage, 2, "").await;
    stage.browser.go_to(&tabs[0]).await;
    for n in 0..10 {
        // Now the server has it and the page is gone before the answer; now the page is gone before the server has it.
        let mut refresh = if n % 2 == 0 {
            stage.relay().hold_answer("/auth/refresh")
        } else {
            stage.relay().hold_request("/auth/refresh")
        };
        stage.browser.run("auth.refresh().catch(() => {})").await;
        refresh.here().await;
        stage.browser.reload().await;
        refresh.release();
        stage.client("{}").await;
        assert_eq!(stage.session().await["status"], "signed-in");
    }
    expire(&stage);
    all_served(&call_in_all(&stage, &tabs).await);
    all_signed_in(&stage, &tabs, USER).await;
    assert_eq!(stage.mock.counters().reuse, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_left_in_the_middle_of_a_refresh_and_comes_back_goes_on() {
    let stage = Stage::relayed().await;
    let tabs = tabs_without(&stage, 2, "").await;
    let (left, other) = (&tabs[0], &tabs[1]);
    for _ in 0..3 {
        stage.browser.go_to(left).await;
        let mut refresh = stage.relay().hold_answer("/auth/refresh");
        stage.browser.run("auth.refresh().catch(() => {})").await;
        refresh.here().await;
        stage
            .browser
            .visit(&format!("{}/health", stage.url()))
            .await;
        refresh.release();
        // Meanwhile the session goes on without it.
        stage.browser.go_to(other).await;
        expire(&stage);
        stage.browser.run(CALL).await;
        assert_eq!(stage.browser.run("return await answer").await, 200);

        stage.browser.go_to(left).await;
        stage.browser.back().await;
        // Kept aside it has its client still; otherwise it was loaded anew.
        if stage.browser.run("return 'auth' in window").await == false {
            stage.client("{}").await;
        }
        all_served(&call_in_all(&stage, &tabs).await);
    }
    all_signed_in(&stage, &tabs, USER).await;
    assert_eq!(stage.mock.counters().reuse, 0);
    stage.end().await;
}
