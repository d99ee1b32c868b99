//! Several tabs of one browser are one client.
//!
//! Each test opens tabs of one profile on one mock server and asserts on what that server saw.

#![allow(missing_docs, reason = "a test's name is its documentation")]

use evertoken_mock::{Do, Rule};
use evertoken_tests::{ADMIN, Stage, Tab, USER};
use serde_json::{Value, json};

/// Makes a request in the background; `window.answer` brings its status, or the code of what it threw.
const CALL: &str = "window.answer = auth.fetch('/auth/me').then((r) => r.status, (e) => e.code)";

/// Opens a tab with a client of its own.
async fn open_tab(stage: &Stage) -> Tab {
    let tab = stage
        .browser
        .open_tab(&format!("{}/", stage.mock.url()))
        .await;
    stage.client("{}").await;
    tab
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
    let told = stage.browser.run(
        "const deadline = Date.now() + 10_000;
         while (auth.session.status !== 'signed-out' && Date.now() < deadline)
           await new Promise((resolve) => setTimeout(resolve, 5));
         return [auth.session.status, auth.session.reason]",
    );
    assert_eq!(told.await, json!(["signed-out", "logout"]));
    assert_eq!(stage.mock.counters().logout, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_twenty_tabs_expire_together_and_there_is_one_refresh() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    let mut tabs = vec![stage.browser.tab().await];
    for _ in 1..20 {
        tabs.push(open_tab(&stage).await);
    }
    assert_eq!(
        stage.requests_to("/auth/refresh"),
        1,
        "at the start of the first"
    );
    stage
        .mock
        .clock()
        .advance(std::time::Duration::from_secs(3_600));
    // So that all of them find it under way.
    let slow = Rule::new("/auth/refresh", Do::Delay(1_500)).count(1);
    stage.mock.faults().add(slow);
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
async fn s32_a_request_begun_as_one_user_is_never_repeated_as_the_other() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    let first = stage.browser.tab().await;
    let second = open_tab(&stage).await;

    stage.browser.go_to(&first).await;
    let refused = Rule::new("/auth/me", Do::Delay(1_500)).count(1);
    stage.mock.faults().add(refused);
    stage
        .mock
        .clock()
        .advance(std::time::Duration::from_secs(3_600));
    stage.browser.run(CALL).await;
    stage.browser.go_to(&second).await;
    stage.login(ADMIN).await;
    stage.browser.go_to(&first).await;
    assert_eq!(stage.browser.run("return await answer").await, 401);
    assert_eq!(
        stage.browser.run("return auth.session.user.email").await,
        ADMIN
    );
    assert_eq!(stage.requests_to("/auth/me"), 1);
    stage.end().await;
}
