//! Several tabs of one browser are one client.
//!
//! Each test opens tabs of one profile on one mock server and asserts on what that server saw.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's name is its documentation, and it fails by panicking"
)]

mod gone;
mod logout;
mod together;
mod users;
mod versions;

use std::time::Duration;

use evertoken_mock::{Do, Rule};
use evertoken_tests::{Stage, Tab, USER};
use serde_json::{Value, json};

/// Makes a request in the background; `window.answer` brings its status, or the code of what it threw.
const CALL: &str = "window.answer = auth.fetch('/auth/me').then((r) => r.status, (e) => e.code)";

/// Waits until `auth.session` is signed out; brings its status and reason.
const SIGNED_OUT: &str = "
    const deadline = Date.now() + 60_000;
    while (auth.session.status !== 'signed-out' && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return [auth.session.status, auth.session.reason]";

/// Opens a tab with a client of its own.
async fn open_tab(stage: &Stage) -> Tab {
    open_tab_without(stage, "").await
}

/// The same in a browser that lacks something: `take_away` is run before the client is made.
async fn open_tab_without(stage: &Stage, take_away: &str) -> Tab {
    let tab = stage.browser.open_tab(&stage.page()).await;
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

/// Calls in every tab, one after the other, and says what each was answered.
async fn call_in_all(stage: &Stage, tabs: &[Tab]) -> Vec<Value> {
    for tab in tabs {
        stage.browser.go_to(tab).await;
        stage.browser.run(CALL).await;
    }
    answers(stage, tabs).await
}

/// Makes each tab call as soon as it hears of it (a note in the storage, which needs nothing of the client's).
async fn listen_for_go(stage: &Stage, tabs: &[Tab]) {
    for tab in tabs {
        stage.browser.go_to(tab).await;
        let listen = format!(
            "addEventListener('storage', ({{ key }}) => {{ if (key === 'go') {{ {CALL} }} }})"
        );
        stage.browser.run(&listen).await;
    }
}

/// Makes them all call at the same moment, and says what each was answered.
async fn go(stage: &Stage, tabs: &[Tab]) -> Vec<Value> {
    stage.browser.go_to(tabs.first().unwrap()).await;
    let go = format!("localStorage.setItem('go', Math.random()); {CALL}");
    for tab in tabs {
        stage.browser.go_to(tab).await;
        stage.browser.run("window.answer = undefined").await;
    }
    stage.browser.go_to(tabs.first().unwrap()).await;
    stage.browser.run(&go).await;
    answers(stage, tabs).await
}

async fn answers(stage: &Stage, tabs: &[Tab]) -> Vec<Value> {
    let answer = "
        while (!window.answer) await new Promise((resolve) => setTimeout(resolve, 10));
        return await answer";
    let mut answers = vec![];
    for tab in tabs {
        stage.browser.go_to(tab).await;
        answers.push(stage.browser.run(answer).await);
    }
    answers
}

/// What `auth.session` says in each of them: its status and whose it is.
async fn sessions(stage: &Stage, tabs: &[Tab]) -> Vec<Value> {
    let session = "return [auth.session.status, auth.session.user?.email]";
    let mut sessions = vec![];
    for tab in tabs {
        stage.browser.go_to(tab).await;
        sessions.push(stage.browser.run(session).await);
    }
    sessions
}

/// Every one of them is signed in as this user.
async fn all_signed_in(stage: &Stage, tabs: &[Tab], email: &str) {
    let sessions = sessions(stage, tabs).await;
    let wanted = json!(["signed-in", email]);
    assert!(
        sessions.iter().all(|session| *session == wanted),
        "{sessions:?}"
    );
}

fn all_served(answers: &[Value]) {
    assert!(answers.iter().all(|answer| *answer == 200), "{answers:?}");
}
