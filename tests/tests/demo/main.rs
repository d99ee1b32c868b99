//! The demo page, used as a person uses it.
//!
//! What is asserted is what the server counted and what the page shows of it. The page is served as `cargo xtask demo`
//! serves it; `?pace=0` plays its stories without time to read.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's name is its documentation, and it fails by panicking"
)]

mod access;
mod app;
mod backend;
mod picture;
mod stories;
mod tabs;

use std::path::{Path, PathBuf};

use evertoken_tests::{Stage, USER};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/demo")
}

/// The page as somebody finds it who was never here.
async fn opened() -> Stage {
    let stage = Stage::serving(&folder(), |_| ()).await;
    stage
        .browser
        .visit(&format!("{}?pace=0", stage.page()))
        .await;
    is_nobody(&stage).await;
    stage
}

/// The same, after signing in.
async fn signed_in() -> Stage {
    let stage = opened().await;
    stage
        .browser
        .click(&format!("button[data-account='{USER}']"))
        .await;
    stage.browser.text("#who", |who| who.contains(USER)).await;
    stage
}

async fn is_nobody(stage: &Stage) {
    let who = |who: &str| who.contains("Nobody");
    stage.browser.text("#who", who).await;
}

/// What the page says of its last calls, once it says this.
async fn result(stage: &Stage, wanted: &str) -> String {
    let says = |text: &str| text.contains(wanted);
    stage.browser.text("#result", says).await
}

/// Waits until the list has an entry of this type that says this.
async fn listed(stage: &Stage, kind: &str, wanted: &str) {
    let source = "
        const entries = document.querySelectorAll(`#timeline [data-type='${args}']`);
        return [...entries].map((entry) => entry.textContent).join('\\n')";
    let mut last = String::new();
    let seen = evertoken_tests::eventually(async || {
        let told = stage.browser.run_with(source, kind.into()).await;
        last = told.as_str().unwrap().to_owned();
        last.contains(wanted)
    });
    assert!(seen.await, "{kind}: {last:?} does not say {wanted:?}");
}
