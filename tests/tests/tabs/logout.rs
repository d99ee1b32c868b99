//! Logouts: one is all of them, and the server hears of it.

use evertoken_mock::{Do, Rule};
use evertoken_tests::{Stage, USER, eventually};
use serde_json::{Value, json};

use crate::{SIGNED_OUT, open_tab, slow, tabs_without};

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
