//! The page for everyone: no barrier that axe finds, on a phone and on a desk, in light and in dark, and no other host.

use evertoken_tests::{Axe, DESK, PHONE, Stage, TABLET, eventually, is_dark};
use serde_json::Value;

use super::{folder, is_nobody, listed, opened, result};

async fn has_no_barrier(stage: &Stage, when: &str) {
    let sizes = [PHONE, TABLET, DESK];
    evertoken_tests::has_no_barrier(&stage.browser, Axe::Served, &sizes, when).await;
}

/// Goes through what the page can look like.
async fn goes_through(stage: &Stage, dark: bool) {
    stage.add_file("axe.min.js", "../npm/node_modules/axe-core/axe.min.js");
    stage
        .browser
        .visit(&format!("{}?pace=0", stage.page()))
        .await;
    is_nobody(stage).await;
    assert_eq!(is_dark(&stage.browser).await, dark);
    has_no_barrier(stage, "signed out").await;
    stage.browser.click("#story-tabs").await;
    let ended = |said: &str| said.contains("evertoken is still signed in");
    stage.browser.text("#story-end", ended).await;
    stage.browser.press("#picture", "\u{e012}").await;
    has_no_barrier(stage, "after a story, with two tabs").await;
    stage.browser.click("#expire").await;
    stage.browser.click("input[value='before']").await;
    stage.browser.click("#one-call").await;
    listed(stage, "problem", "").await;
    has_no_barrier(stage, "with a problem").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_no_barrier_in_light() {
    let stage = Stage::serving(&folder(), |_| ()).await;
    goes_through(&stage, false).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_no_barrier_in_dark() {
    let stage = Stage::serving_in_the_dark(&folder()).await;
    goes_through(&stage, true).await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_done_with_the_keyboard() {
    let stage = opened().await;
    let browser = &stage.browser;
    let account = "button[data-account='user@example.com']";
    for (selector, key) in [
        (account, "\u{e007}"),
        ("#expire", " "),
        ("#one-call", "\u{e007}"),
    ] {
        browser.press(selector, key).await;
        if selector == account {
            browser.text("#who", |who| who.contains("user")).await;
        }
    }
    result(&stage, "1 of 1").await;
    assert_eq!(stage.mock.counters().rotations, 1);
    browser.press("#more-tabs", " ").await;
    browser.text("#tab-count", |count| count == "2").await;
    browser.press("#story-parallel", "\u{e007}").await;
    browser
        .text("#story-end", |said| said.contains("20 of 20"))
        .await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_the_keyboard_goes_through_the_page_from_top_to_bottom_and_on_a_desk_to_the_app_first()
 {
    let stage = opened().await;
    let cards = "return [...document.querySelectorAll('main .card')]
        .filter((card) => card.checkVisibility())
        .map((card) => [card.querySelector('h2, summary').textContent, card.getBoundingClientRect().top])";
    let order = async || -> Vec<(String, f64)> {
        serde_json::from_value(stage.browser.run(cards).await).unwrap()
    };
    let picture_first = async || {
        let cards = order().await;
        let place = |name| cards.iter().position(|(card, _)| card == name).unwrap();
        place("What happens") < place("Nobody is signed in")
    };
    stage.browser.resize(375, 1000).await;
    assert!(eventually(async || picture_first().await).await);
    let phone = order().await;
    assert!(phone.is_sorted_by_key(|(_, top)| *top), "{phone:?}");
    stage.browser.resize(1440, 1000).await;
    assert!(eventually(async || !picture_first().await).await);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_host_is_asked_for_anything() {
    let stage = opened().await;
    stage.browser.click("#story-tabs").await;
    stage
        .browser
        .text("#story-end", |said| !said.is_empty())
        .await;
    let asked = "
        const windows = [window, ...[...document.querySelectorAll('iframe')].map((f) => f.contentWindow)];
        return windows.flatMap((each) =>
          each.performance.getEntries().filter(({ entryType }) => /resource|navigation/.test(entryType)).map(({ name }) => name))";
    let asked = stage.browser.run(asked).await;
    let asked: Vec<&str> = asked
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(asked.iter().any(|name| name.ends_with("/auth/refresh")));
    assert!(asked.iter().any(|name| name.ends_with("/frame.html")));
    let own = stage.page();
    let others = asked.iter().filter(|name| !name.starts_with(&own));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&&str>::new());
    stage.end().await;
}
