//! Answers that are lost, come twice, or come too late.

use evertoken_mock::{Do, Rule};
use evertoken_tests::{Answer, Stage, USER, eventually};

use serde_json::json;

use crate::{CALL, LIFETIME, fault, status};

#[tokio::test(flavor = "multi_thread")]
async fn s10_the_server_rotated_and_the_answer_was_lost_the_session_goes_on_and_nothing_is_revoked()
{
    // Of a truncated answer the headers arrive: the cookie is the successor's, the key its predecessor's.
    for (lost, rotations) in [(status(502), 1), (Do::Truncate, 2), (Do::Garbage, 1)] {
        let stage = Stage::new().await;
        stage.signed_in(USER).await;
        stage.sleep(LIFETIME).await;
        stage
            .mock
            .faults()
            .add(fault("/auth/refresh", lost.clone()).after());
        let told = stage.browser.run_with(CALL, json!(1)).await;
        assert_ne!(told, json!([200]), "{lost:?}");
        assert_eq!(
            stage.browser.run_with(CALL, json!(1)).await,
            json!([200]),
            "{lost:?}"
        );
        let counters = stage.mock.counters();
        assert_eq!(
            (counters.rotations, counters.reuse),
            (rotations, 0),
            "{lost:?}"
        );
        assert_eq!(stage.who_after_reload().await, json!(USER), "{lost:?}");
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s11_ten_reloads_in_the_middle_of_refreshes_leave_the_session_alive() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    for _ in 0..10 {
        stage
            .mock
            .faults()
            .set([Rule::new("/auth/refresh", Do::Delay(150))]);
        stage.browser.run("auth.refresh().catch(() => {})").await;
        stage.browser.reload().await;
        stage.mock.faults().clear();
        stage.client("{}").await;
        assert_eq!(stage.session().await["status"], "signed-in");
    }
    assert_eq!(stage.mock.counters().reuse, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s39_a_connection_that_dies_before_the_answer_costs_nothing_even_if_the_browser_sends_it_again()
 {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage.sleep(LIFETIME).await;
    stage
        .mock
        .faults()
        .add(fault("/auth/refresh", Do::Reset).after());
    // Chromium repeats it by itself on a reused connection; another browser says `network`, and the next call does.
    stage.browser.run_with(CALL, json!(1)).await;
    assert_eq!(stage.browser.run_with(CALL, json!(1)).await, json!([200]));
    let counters = stage.mock.counters();
    assert_eq!(
        (
            counters.rotations,
            counters.refresh.replayed,
            counters.reuse
        ),
        (1, 1, 0)
    );
    assert_eq!(stage.who_after_reload().await, json!(USER));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s11_a_component_that_is_mounted_twice_at_once_costs_one_refresh() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    // As React's StrictMode does: mounted, taken away, mounted again. Then beside each other, as two copies of a module.
    let remounted = "const first = evertoken.createAuthClient();
        first.dispose();
        const second = evertoken.createAuthClient();
        await second.ready;
        return [second.session.status]";
    let beside = "const both = [evertoken.createAuthClient(), evertoken.createAuthClient()];
        await Promise.all(both.map((auth) => auth.ready));
        return both.map((auth) => auth.session.status)";
    for mount in [remounted, beside] {
        let before = stage.requests_to("/auth/refresh");
        stage.browser.reload().await;
        let ended = stage.browser.run(mount).await;
        let statuses = ended.as_array().unwrap();
        assert!(
            statuses.iter().all(|status| status == "signed-in"),
            "{ended}"
        );
        assert_eq!(stage.requests_to("/auth/refresh"), before + 1, "{mount}");
    }
    assert_eq!(stage.mock.counters().reuse, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s40_a_copy_of_a_refresh_that_comes_two_generations_late_ends_nothing() {
    let stage = Stage::relayed().await;
    stage.client("{ requestTimeout: 2_000 }").await;
    stage.login(USER).await;
    let mut copy = stage.relay().hold_request("/auth/refresh");
    let given_up = stage.browser.fails("await auth.refresh()").await;
    assert_eq!(given_up.code.as_deref(), Some("timeout"));
    copy.here().await;
    for _ in 0..2 {
        stage.browser.run("await auth.refresh()").await;
    }
    copy.release();
    assert!(eventually(async || stage.mock.counters().refresh.superseded == 1).await);
    // Two, or three if the client had repeated the lost one by itself.
    let counters = stage.mock.counters();
    assert!((2..=3).contains(&counters.rotations), "{counters:?}");
    assert_eq!(counters.reuse, 0);
    assert_eq!(stage.who_after_reload().await, json!(USER));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s40_a_409_superseded_is_sent_once_more_and_no_loop() {
    let stage = Stage::relayed().await;
    stage.signed_in(USER).await;
    let superseded = || Answer::json(409, r#"{"error": "superseded"}"#);
    stage.sleep(LIFETIME).await;
    stage.relay().answer("/auth/refresh", superseded());
    assert_eq!(stage.browser.run_with(CALL, json!(1)).await, json!([200]));
    assert_eq!(stage.mock.counters().rotations, 1);

    stage.sleep(LIFETIME).await;
    for _ in 0..2 {
        stage.relay().answer("/auth/refresh", superseded());
    }
    assert_eq!(
        stage.browser.run_with(CALL, json!(1)).await,
        json!(["server"])
    );
    let counters = stage.mock.counters();
    assert_eq!((counters.rotations, counters.reuse), (1, 0));
    assert_eq!(stage.session().await["status"], "signed-in");
    stage.end().await;
}
