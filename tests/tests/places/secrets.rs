//! Tokens are kept nowhere. The relay has seen every one of them; what the browser keeps is searched for each.

use evertoken_mock::{Do, Rule};
use evertoken_tests::{ADMIN, Answer, Stage, USER};
use serde_json::{Value, json};

/// A part of a token that is this long is one: 96 bits of it.
const PART: usize = 16;

/// Everything that script can read and that stays.
const KEPT: &str = "
    const databases = [];
    for (const { name, version } of await indexedDB.databases()) {
      const database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open(name, version);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      for (const store of database.objectStoreNames) {
        const reading = database.transaction(store).objectStore(store).getAll();
        await new Promise((resolve) => { reading.onsuccess = resolve });
        databases.push(name, store, reading.result);
      }
    }
    const cached = [];
    for (const name of await caches.keys())
      for (const request of await (await caches.open(name)).keys()) cached.push(name, request.url);
    return JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie,
      databases, cached, location.href, document.referrer, window.name, history.state,
      performance.getEntries().map((entry) => entry.name)])";

/// Every token that the server issued: access tokens from the bodies, refresh tokens from the cookies.
fn issued(stage: &Stage) -> Vec<String> {
    let mut tokens = vec![];
    for passed in stage.relay().passed() {
        let body: Value = serde_json::from_str(&passed.body).unwrap_or_default();
        tokens.extend(body["accessToken"].as_str().map(str::to_owned));
        for cookie in passed.answered.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("HttpOnly"), "{cookie}");
            let value = cookie.split(['=', ';']).nth(1).unwrap();
            tokens.extend(Some(value.to_owned()).filter(|value| !value.is_empty()));
        }
    }
    tokens
}

/// A part of one of the tokens that is in the text, if there is any.
fn found<'a>(tokens: &'a [String], text: &str) -> Option<&'a str> {
    tokens.iter().find_map(|token| {
        (0..=token.len() - PART)
            .filter_map(|start| token.get(start..start + PART))
            .find(|part| text.contains(part))
    })
}

async fn assert_nothing_is_kept(stage: &Stage, moment: &str) {
    let kept = stage.browser.run_as_page(KEPT).await;
    let kept = kept.as_str().unwrap();
    let tokens = issued(stage);
    assert_eq!(found(&tokens, kept), None, "{moment}: {kept}");
    assert!(!kept.contains("eyJ"), "{moment}: {kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_a_token_or_part_of_one_is_kept_where_script_can_read_it() {
    let stage = Stage::relayed().await;
    stage.signed_in(USER).await;
    assert_nothing_is_kept(&stage, "signed in").await;
    stage.browser.run("await auth.refresh()").await;
    stage.mock.root().expire_access(None);
    stage
        .browser
        .run("for (let n = 0; n < 5; n++) await auth.fetch('/auth/me?page=' + n)")
        .await;
    assert_nothing_is_kept(&stage, "renewed").await;
    stage.browser.open_tab(&stage.page()).await;
    stage.client("{}").await;
    assert_nothing_is_kept(&stage, "in another tab").await;
    stage.login(ADMIN).await;
    assert_nothing_is_kept(&stage, "as another user").await;
    assert_eq!(stage.who_after_reload().await, json!(ADMIN));
    assert_nothing_is_kept(&stage, "reloaded").await;
    // Where the cookie is sent to, it is none that script can read.
    stage.relay().answer("/auth/page", Answer::html(200));
    let path = format!("{}/auth/page", stage.url());
    stage.browser.visit(&path).await;
    assert_nothing_is_kept(&stage, "on the cookie's own path").await;
    stage.browser.visit(&stage.page()).await;
    stage.client("{}").await;
    stage.mock.faults().set([Rule::new(
        "/auth/logout",
        Do::Status {
            status: 503,
            retry_after: None,
        },
    )]);
    stage.browser.fails("await auth.logout()").await;
    assert_nothing_is_kept(&stage, "signed out, and the server not told").await;

    let passed = stage.relay().passed();
    let tokens = issued(&stage);
    assert!(tokens.len() >= 8, "{}", tokens.len());
    for passed in &passed {
        assert_eq!(found(&tokens, &passed.address), None, "{}", passed.address);
    }
    // The search itself finds what is there.
    let planted = tokens[3].get(40..60).unwrap();
    stage
        .browser
        .run_with("sessionStorage.setItem('planted', args)", json!(planted))
        .await;
    let kept = stage.browser.run_as_page(KEPT).await;
    assert!(found(&tokens, kept.as_str().unwrap()).is_some());
    stage.end().await;
}
