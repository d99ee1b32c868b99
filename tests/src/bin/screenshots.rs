//! Pictures of the demo page for the README, as `cargo xtask demo --screenshots` takes them: a story is played in
//! Chromium, on a desk and on a phone, in light and in dark, and what is to be seen at its end is kept.

#![allow(
    clippy::expect_used,
    reason = "who takes pictures looks at what went wrong"
)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use evertoken_mock::{MockServer, Options};
use evertoken_tests::{Browser, eventually};
use serde_json::json;

/// Time enough between the steps of a story that the picture of it is easy to read, in milliseconds.
const PACE: u32 = 3_000;

/// A name, a size, the story that is played, and what is at the top.
const PICTURES: [(&str, u32, u32, &str, &str); 2] = [
    ("wide", 1260, 730, "tabs", "body"),
    ("phone", 390, 780, "lost", ".picture"),
];

#[tokio::main]
async fn main() {
    // The first is the program's own name.
    let mut folders = std::env::args_os().skip(1).map(PathBuf::from);
    let page = folders.next().expect("the folder of the page comes first");
    let kept = folders
        .next()
        .expect("the folder of the pictures comes second");
    std::fs::create_dir_all(&kept).expect("a folder can be made");
    for (name, width, height, story, top) in PICTURES {
        for shade in ["light", "dark"] {
            let browser = match shade {
                "dark" => Browser::open_in_the_dark().await,
                _ => Browser::open().await,
            };
            let mock = served(&page).await;
            browser.resize(width, height).await;
            let hidden = json!({ "hidden": true });
            browser
                .debugger("Emulation.setScrollbarsHidden", hidden)
                .await;
            browser.visit(&format!("{}/?pace={PACE}", mock.url())).await;
            browser.click(&format!("#story-{story}")).await;
            let over = "return document.querySelector('#story').dataset.state === 'ended'";
            let ended = eventually(async || browser.run(over).await == json!(true)).await;
            assert!(ended, "the story does not end");
            let up = "document.activeElement.blur(); document.querySelector(args).scrollIntoView()";
            browser.run_with(up, json!(top)).await;
            let picture = browser.screenshot().await;
            let path = kept.join(format!("{name}-{shade}.png"));
            std::fs::write(&path, picture).expect("a file can be written");
            browser.close().await;
            mock.stop().await;
        }
    }
}

/// The page on a server of its own, as `cargo xtask demo` serves it.
async fn served(page: &Path) -> MockServer {
    let options = Options {
        static_dir: Some(page.to_owned()),
        access_ttl: Duration::from_secs(60),
        ..Options::default()
    };
    MockServer::start(options)
        .await
        .expect("the mock server starts")
}
