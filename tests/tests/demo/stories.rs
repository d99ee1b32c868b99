//! The stories: each is played by the real clients on the real server, and its end is what that server counted.

use evertoken_mock::{Counters, Tenant};
use evertoken_tests::{Stage, eventually};
use serde_json::json;

use super::{is_nobody, opened};

/// Plays it to its end; what was said at the end, and what was counted of either client.
async fn played(stage: &Stage, story: &str) -> (String, Counters, Counters) {
    stage.browser.click(&format!("#story-{story}")).await;
    let ended = "return document.querySelector('#story').dataset.state === 'ended'";
    let over = eventually(async || stage.browser.run(ended).await == json!(true)).await;
    let said = stage.browser.text("#story-end", |_| true).await;
    assert!(over, "it does not end: {said:?}");
    let naive = stage.mock.tenant("naive").unwrap().counters();
    let ours = stage.mock.counters();
    // The page shows the same figures.
    for (column, counters) in [(1, ours), (2, naive)] {
        for (figure, wanted) in [("alarms", counters.reuse), ("served", counters.resource.ok)] {
            let cell = format!("[data-figure='{figure}'] td:nth-of-type({column})");
            let wanted = wanted.to_string();
            stage.browser.text(&cell, |shown| shown == wanted).await;
        }
    }
    (said, ours, naive)
}

/// Whether reuse ended every session of a tenant.
async fn ended_by_reuse(tenant: &Tenant) -> bool {
    let families = tenant.families().await.unwrap();
    let families = serde_json::to_value(families).unwrap();
    let mut families = families.as_array().unwrap().iter();
    families.all(|family| family["reason"] == "reuse")
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_calls_with_one_expired_token_are_one_refresh_of_ours_and_an_alarm_of_the_naive_one()
{
    let stage = opened().await;
    let (said, ours, naive) = played(&stage, "parallel").await;
    assert_eq!((ours.resource.ok, ours.rotations, ours.reuse), (20, 1, 0));
    assert!(said.contains("evertoken asked for one refresh"), "{said}");
    assert!(naive.reuse >= 1, "{naive:?}");
    assert!(naive.refresh.ok + naive.refresh.denied > 1, "{naive:?}");
    assert!(ended_by_reuse(&stage.mock.tenant("naive").unwrap()).await);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_repeated_for_ours_and_theft_to_the_server_of_the_naive_one() {
    let stage = opened().await;
    let (said, ours, naive) = played(&stage, "lost").await;
    let counted = (ours.rotations, ours.refresh.replayed, ours.reuse);
    assert_eq!(counted, (1, 1, 0));
    assert_eq!(ours.resource.ok, 1);
    assert_eq!((naive.rotations, naive.reuse), (1, 1));
    assert!(said.contains("evertoken is still signed in"), "{said}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_that_wake_up_are_one_refresh_of_ours_and_an_alarm_of_the_naive_ones() {
    let stage = opened().await;
    let (said, ours, naive) = played(&stage, "tabs").await;
    assert_eq!((ours.rotations, ours.reuse, ours.resource.ok), (1, 0, 2));
    assert_eq!(naive.reuse, 1);
    assert!(said.contains("2 of 2 calls were served"), "{said}");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_during_a_refresh_stays_signed_out_of_ours_and_not_of_the_naive_one() {
    let stage = opened().await;
    let (said, ours, naive) = played(&stage, "logout").await;
    assert_eq!((ours.resource.ok, ours.logout), (0, 1));
    assert!(naive.resource.ok >= 1, "{naive:?}");
    assert!(said.contains("signed in again, by itself"), "{said}");
    is_nobody(&stage).await;
    stage.browser.reload().await;
    is_nobody(&stage).await;
    assert_eq!(stage.mock.counters().resource.ok, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_cookie_ends_the_sessions_of_both_and_ours_says_why() {
    let stage = opened().await;
    let (said, ours, naive) = played(&stage, "theft").await;
    assert_eq!((ours.reuse, naive.reuse), (1, 1));
    assert!(ended_by_reuse(stage.mock.root()).await);
    assert!(said.contains("signed out: “reuse”"), "{said}");
    is_nobody(&stage).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_that_is_closed_gives_the_keyboard_back_to_its_button() {
    let stage = opened().await;
    played(&stage, "tabs").await;
    stage.browser.click("#story-close").await;
    let focus = "return document.activeElement.id";
    assert_eq!(stage.browser.run(focus).await, "story-tabs");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_can_be_played_after_another_and_begins_anew() {
    let stage = opened().await;
    played(&stage, "theft").await;
    stage.browser.click("#story-parallel").await;
    let said = |said: &str| said.contains("20 of 20 were served");
    stage.browser.text("#story-end", said).await;
    let thrown_out = "[data-figure='thrownOut'] td:nth-of-type(1)";
    stage.browser.text(thrown_out, |shown| shown == "0").await;
    stage.end().await;
}
