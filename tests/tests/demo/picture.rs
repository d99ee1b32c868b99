//! The timeline as a picture.

use evertoken_tests::{Stage, eventually};
use serde_json::{Value, json};

use super::{listed, result, signed_in};

/// How many marks of this type the picture has on this lane, also where several stand in one place.
async fn marks(stage: &Stage, lane: &str, kind: &str) -> u64 {
    let source = "
        const marks = document.querySelectorAll(`#lanes .mark[data-lane='${args[0]}']`);
        return [...marks].flatMap((mark) => mark.dataset.types.split(' '))
          .filter((type) => type === args[1]).length";
    let found = stage.browser.run_with(source, json!([lane, kind])).await;
    found.as_u64().unwrap()
}

async fn shows(stage: &Stage, lane: &str, kind: &str, wanted: u64) {
    let seen = eventually(async || marks(stage, lane, kind).await == wanted).await;
    let found = marks(stage, lane, kind).await;
    assert!(seen, "{kind} on {lane}: {found}, not {wanted}");
}

/// How many things of this kind are drawn.
async fn drawn(stage: &Stage, selector: &str) -> Value {
    let source = "return document.querySelectorAll(`#lanes ${args}`).length";
    stage.browser.run_with(source, json!(selector)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_refused_calls_are_one_refresh_on_the_tabs_lane_and_one_rotation_on_the_servers() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    shows(&stage, "ours-server", "login", 1).await;
    browser.click("#expire").await;
    assert!(eventually(async || drawn(&stage, ".life.refused").await == 1).await);
    browser.click("#twenty-calls").await;
    result(&stage, "20 of 20").await;
    shows(&stage, "ours-1", "refreshed", 1).await;
    shows(&stage, "ours-1", "retried", 20).await;
    shows(&stage, "ours-server", "unauthorized", 20).await;
    shows(&stage, "ours-server", "rotated", 1).await;
    // The old token's life and the new one's; the cookie before and after.
    assert!(eventually(async || drawn(&stage, ".life.ahead").await == 1).await);
    assert_eq!(drawn(&stage, "rect.cookie").await, 2);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lane_is_there_for_each_tab_and_for_the_server_of_each_client() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    assert!(eventually(async || drawn(&stage, ".lane").await == 2).await);
    browser.click("#more-tabs").await;
    assert!(eventually(async || drawn(&stage, ".lane").await == 3).await);
    browser.click("#compare").await;
    assert!(eventually(async || drawn(&stage, ".lane").await == 6).await);
    assert_eq!(drawn(&stage, ".lane.server").await, 2);
    // Each tab's requests are its own: none is taken for another's, and left without an answer.
    browser.click("#expire").await;
    browser.click("#all-call").await;
    result(&stage, "2 of 2").await;
    assert!(eventually(async || drawn(&stage, ".trip.open").await == 0).await);
    stage.end().await;
}

/// How far the drawing has moved.
async fn place(stage: &Stage) -> Value {
    let place = "return document.querySelector('#lanes [transform]').getAttribute('transform')";
    stage.browser.run(place).await
}

#[tokio::test(flavor = "multi_thread")]
async fn time_moves_the_picture_and_what_was_drawn_is_not_drawn_again() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    shows(&stage, "ours-server", "login", 1).await;
    browser
        .run("window.drawn = [...document.querySelectorAll('#lanes .mark, #lanes .life')]")
        .await;
    let marks = browser.run("return drawn.length").await;
    assert!(marks.as_u64() > Some(1), "{marks}");
    let before = place(&stage).await;
    assert!(eventually(async || place(&stage).await != before).await);
    browser.click("#one-call").await;
    result(&stage, "1 of 1").await;
    browser.click("#expire").await;
    assert!(eventually(async || drawn(&stage, ".life.refused").await == 1).await);
    let kept = "return drawn.filter((each) => document.contains(each)).length";
    assert_eq!(browser.run(kept).await, marks);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_nobody_can_see_is_not_moved_until_somebody_can() {
    let stage = signed_in().await;
    let hide = "
        Object.defineProperty(document, 'hidden', { value: args, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'))";
    stage.browser.run_with(hide, json!(true)).await;
    let before = place(&stage).await;
    stage.elapse().await;
    assert_eq!(place(&stage).await, before);
    stage.browser.run_with(hide, json!(false)).await;
    assert!(eventually(async || place(&stage).await != before).await);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_picture_stands_still_and_goes_on_when_it_is_told_to() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    shows(&stage, "ours-server", "login", 1).await;
    browser.click("#pause").await;
    browser.text("#pause", |name| name == "Go on").await;
    let picture = "return document.querySelector('#lanes').innerHTML";
    let before = browser.run(picture).await;
    browser.click("#expire").await;
    browser.click("#one-call").await;
    listed(&stage, "rotated", "Cookie 1").await;
    assert_eq!(browser.run(picture).await, before);
    browser.click("#pause").await;
    shows(&stage, "ours-server", "rotated", 1).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_arrow_keys_go_from_mark_to_mark_and_each_says_what_happened_and_why() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    browser.click("#expire").await;
    browser.click("#one-call").await;
    shows(&stage, "ours-server", "rotated", 1).await;
    let mut told = Vec::new();
    for _ in 0..5 {
        browser.press("#picture", "\u{e012}").await;
        let last = told.last().cloned().unwrap_or_default();
        told.push(browser.text("#detail", |text| text != last).await);
    }
    let told = told.join("\n");
    for wanted in [
        "Repeated one call Tab 1",
        "Got a new token Tab 1",
        "Rotated the cookie Server",
        "Cookie 1 is spent, cookie 2 takes its place",
        "Asked for a new token Tab 1",
    ] {
        assert!(told.contains(wanted), "{wanted:?} is not in {told}");
    }
    // Escape lets it go on.
    browser.press("#picture", "\u{e00c}").await;
    browser.text("#pause", |name| name == "Pause").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_that_is_clicked_says_what_happened_and_the_picture_waits() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    shows(&stage, "ours-server", "login", 1).await;
    browser.click("#pause").await;
    let mark = "#lanes .mark[data-lane='ours-server'][data-types~='login'] circle";
    browser.click(mark).await;
    let told = |text: &str| text.starts_with("Opened a session Server");
    browser.text("#detail", told).await;
    assert_eq!(drawn(&stage, ".mark.chosen").await, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_log_is_read_on_when_its_oldest_requests_have_gone() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    // The log keeps a thousand.
    for _ in 0..6 {
        stage.elapse().await;
    }
    browser.click("#expire").await;
    browser.click("#twenty-calls").await;
    result(&stage, "20 of 20").await;
    shows(&stage, "ours-server", "unauthorized", 20).await;
    shows(&stage, "ours-server", "rotated", 1).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_marks_too_close_to_stand_apart_none_is_lost_and_the_place_names_them_all() {
    let stage = signed_in().await;
    let browser = &stage.browser;
    let stand_still = "const at = performance.now(); performance.now = () => at";
    browser.run(stand_still).await;
    for times in 1..=3 {
        browser.click("#expire").await;
        browser.click("#one-call").await;
        for kind in ["refresh-started", "refreshed", "retried"] {
            shows(&stage, "ours-1", kind, times).await;
        }
    }
    let last = "
        const marks = [...document.querySelectorAll(`#lanes .mark[data-lane='ours-1']`)];
        const crowd = marks.filter((mark) => new Set(mark.dataset.types.split(' ')).size > 1);
        crowd.at(-1).querySelector('circle').id = 'crowd';
        return crowd.length";
    assert_eq!(browser.run(last).await, 1);
    browser.click("#crowd").await;
    let told = browser
        .text("#detail", |text| text.contains("In the same place: "))
        .await;
    assert!(told.contains("Got a new token"), "{told}");
    stage.end().await;
}
