//! What the contracts other than the default have of their own: refresh tokens in bodies, logins elsewhere, refusals by
//! resources, several tabs.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's name is its documentation, and one that fails says so by panicking"
)]

use std::time::Duration;

use evertoken_mock::{Do, Rule};
use evertoken_tests::{ADMIN, Stage, USER, eventually};
use serde_json::{Value, json};

const CALL: &str = "const [path, n] = args;
    return Promise.all(Array.from({ length: n }, () =>
      auth.fetch(path).then((r) => r.status, (e) => e.code ?? String(e))))";

async fn call(stage: &Stage, path: &str, n: usize) -> Vec<Value> {
    let ended = stage.browser.run_with(CALL, json!([path, n])).await;
    ended.as_array().unwrap().clone()
}

/// Writes down whatever this page says to other tabs, and whatever it stores.
const OVERHEAR: &str = "
    window.said = [];
    const { postMessage } = BroadcastChannel.prototype;
    BroadcastChannel.prototype.postMessage = function (message) {
      said.push(JSON.stringify(message)); return postMessage.call(this, message); };
    const { setItem } = Storage.prototype;
    Storage.prototype.setItem = function (name, value) {
      if (name !== 'mine') said.push(name + value); return setItem.call(this, name, value); };";

/// An application that keeps its refresh token where all its tabs find it.
const SHARED: &str = "{ contract: 'oauth2', storage: {
    get: async () => localStorage.getItem('mine'),
    set: async (token) => localStorage.setItem('mine', token),
    remove: async () => localStorage.removeItem('mine') } }";

async fn open_tab(stage: &Stage, options: &str) -> evertoken_tests::Tab {
    let tab = stage.browser.open_tab(&stage.page()).await;
    stage.browser.run(OVERHEAR).await;
    stage.client(options).await;
    tab
}

async fn sign_in(stage: &Stage, email: &str) {
    let login = "await auth.login({ email: args, password: 'password' })";
    stage.browser.run_with(login, json!(email)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tabs_that_share_a_storage_are_one_client_and_no_refresh_token_is_said_or_noted() {
    let stage = Stage::new().await;
    stage.browser.run(OVERHEAR).await;
    stage.client(SHARED).await;
    sign_in(&stage, USER).await;
    let first = stage.browser.tab().await;
    // A new tab restores from what is stored; the first has its own access token still.
    let second = open_tab(&stage, SHARED).await;
    assert_eq!(stage.session().await["status"], "signed-in");
    assert_eq!(stage.mock.counters().rotations, 1);
    // Both renew, in turn, each with the token that is stored then.
    for _ in 0..3 {
        stage.mock.root().expire_access(None);
        for tab in [&first, &second] {
            stage.browser.go_to(tab).await;
            stage
                .browser
                .run("window.answer = auth.fetch('/auth/me').then((r) => r.status, (e) => e.code)")
                .await;
        }
        for tab in [&first, &second] {
            stage.browser.go_to(tab).await;
            assert_eq!(stage.browser.run("return await answer").await, 200);
        }
    }
    let counters = stage.mock.counters();
    assert_eq!(
        (counters.rotations, counters.reuse, counters.refresh.denied),
        (7, 0, 0)
    );
    for tab in [&first, &second] {
        stage.browser.go_to(tab).await;
        let said = stage.browser.run("return said.join(' ')").await;
        let said = said.as_str().unwrap();
        assert!(said.contains("evertoken:"), "it speaks and notes: {said}");
        assert!(!said.contains("eyJ"), "but no token: {said}");
    }
    // A logout in one is a logout in all, and the token is gone.
    stage.browser.run("await auth.logout()").await;
    stage.browser.go_to(&first).await;
    assert!(eventually(async || stage.session().await["reason"] == "logout").await);
    assert_eq!(
        stage
            .browser
            .run("return localStorage.getItem('mine')")
            .await,
        Value::Null
    );
    assert!(
        stage
            .mock
            .root()
            .families()
            .await
            .unwrap()
            .iter()
            .all(|family| family.status == "ended")
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_handed_over_during_another_tabs_refresh_is_the_one_that_stays_stored() {
    let stage = Stage::relayed().await;
    stage.client(SHARED).await;
    sign_in(&stage, USER).await;
    let first = stage.browser.tab().await;
    let second = open_tab(&stage, SHARED).await;
    stage.mock.root().expire_access(None);
    let mut held = stage.relay().hold_answer("/auth/token");
    let call = "window.answer = auth.fetch('/auth/me').then((r) => r.status, (e) => e.code)";
    stage.browser.run(call).await;
    held.here().await;
    stage.browser.go_to(&first).await;
    let hand_over = "
        const body = new URLSearchParams(
          { grant_type: 'password', username: args, password: 'password' });
        const answer = await (await fetch('/auth/token', { method: 'POST', body })).json();
        await auth.setSession({ accessToken: answer.access_token, expiresIn: answer.expires_in,
          refreshToken: answer.refresh_token })";
    stage.browser.run_with(hand_over, json!(ADMIN)).await;
    held.release();
    stage.browser.go_to(&second).await;
    stage.browser.run("await answer").await;
    stage.browser.reload().await;
    stage.client(SHARED).await;
    let me = "return (await (await auth.fetch('/auth/me')).json()).email";
    assert_eq!(stage.browser.run(me).await, ADMIN);
    assert_eq!(stage.mock.counters().reuse, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_refresh_token_in_memory_each_tab_is_a_session_of_its_own() {
    let stage = Stage::new().await;
    stage.client("{ contract: 'oauth2' }").await;
    sign_in(&stage, USER).await;
    let first = stage.browser.tab().await;
    open_tab(&stage, "{ contract: 'oauth2' }").await;
    assert_eq!(stage.session().await["reason"], "never");
    sign_in(&stage, ADMIN).await;
    stage.browser.run("await auth.logout()").await;
    stage.browser.go_to(&first).await;
    stage.mock.root().expire_access(None);
    assert_eq!(call(&stage, "/auth/me", 3).await, vec![json!(200); 3]);
    let me = stage
        .browser
        .run("return (await (await auth.fetch('/auth/me')).json()).email")
        .await;
    assert_eq!(me, USER);
    assert_eq!(stage.mock.counters().rotations, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_contracts_lost_answer_is_asked_for_again_and_nothing_is_revoked() {
    let stage = Stage::new().await;
    stage.client(SHARED).await;
    sign_in(&stage, USER).await;
    stage.mock.root().expire_access(None);
    stage
        .mock
        .faults()
        .add(Rule::new("/auth/token", Do::Reset).count(1).after());
    let first = call(&stage, "/auth/me", 1).await;
    // Chromium sends a request again by itself where its connection was an old one.
    assert!(
        first == [json!("network")] || first == [json!(200)],
        "{first:?}"
    );
    assert!(eventually(async || call(&stage, "/auth/me", 1).await == [json!(200)]).await);
    let counters = stage.mock.counters();
    assert_eq!((counters.rotations, counters.reuse), (1, 0));
    assert!(counters.refresh.replayed >= 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s36_twenty_requests_meet_a_403_that_logs_out_one_logout_and_a_late_one_for_the_previous_token_none()
 {
    let stage = Stage::new().await;
    stage.client("{ contract: 'code-exchange' }").await;
    let sign_in = "const { code } = await (await fetch('/wx/code', { method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ email: 'user@example.com' }) })).json();
      await auth.login({ code })";
    stage.browser.run(sign_in).await;
    assert_eq!(
        call(&stage, "/wx/api/admin", 20).await,
        vec![json!(403); 20]
    );
    assert!(eventually(async || stage.session().await["reason"] == "forbidden").await);
    assert_eq!(stage.mock.counters().logout, 1);

    stage.browser.run(sign_in).await;
    stage
        .mock
        .faults()
        .add(Rule::new("/wx/api/admin", Do::Delay(1_000)).count(1));
    let late = stage
        .browser
        .run("const late = auth.fetch('/wx/api/admin'); await auth.fetch('/wx/api/profile'); await auth.refresh();
              return [(await late).status, auth.session.status]")
        .await;
    assert_eq!(late, json!([403, "signed-in"]));
    assert_eq!(stage.mock.counters().logout, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateways_tabs_share_what_they_adopt_and_a_reload_asks_nobody_but_them() {
    let stage = Stage::new().await;
    stage.client("{ contract: 'gateway' }").await;
    stage.login(USER).await;
    let first = stage.browser.tab().await;
    let second = open_tab(&stage, "{ contract: 'gateway' }").await;
    assert_eq!(stage.session().await["user"]["email"], USER);
    stage.mock.clock().advance(Duration::from_secs(3_600));
    assert_eq!(call(&stage, "/gateway/api/me", 1).await, [json!(200)]);
    // The first heard of the token that the second was handed.
    stage.browser.go_to(&first).await;
    let heard = "return events.some((e) => e.type === 'adopted' && e.from === 'peer')";
    assert!(eventually(async || stage.browser.run(heard).await == json!(true)).await);
    assert_eq!(call(&stage, "/gateway/api/me", 1).await, [json!(200)]);
    assert_eq!(stage.mock.counters().refresh.ok, 1);
    stage.browser.go_to(&second).await;
    stage.browser.close_tab(&first).await;
    assert_eq!(stage.session().await["status"], "signed-in");
    // Alone, it has lost its token with the page; the session of the backend is not over.
    stage.browser.reload().await;
    stage.client("{ contract: 'gateway' }").await;
    assert_eq!(
        stage.session().await,
        json!({"status": "signed-out", "reason": "never"})
    );
    assert!(
        stage
            .mock
            .root()
            .families()
            .await
            .unwrap()
            .iter()
            .all(|family| family.status == "alive")
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_for_a_login_settles_a_logout_first_and_does_not_leave_if_that_cannot_be() {
    let stage = Stage::new().await;
    stage.client("{ contract: 'fixed-cookie' }").await;
    stage.login(USER).await;
    stage.mock.faults().add(
        Rule::new(
            "/api/v1/auth/logout",
            Do::Status {
                status: 503,
                retry_after: None,
            },
        )
        .count(2),
    );
    let out = stage.browser.fails("await auth.logout()").await;
    assert_eq!(out.code.as_deref(), Some("server"));
    let leave = "void auth.loginWithRedirect('/api/v1/auth/google?return_to=' + encodeURIComponent(location.href))
        .catch((e) => (window.stayed = e.code))";
    stage.browser.run(leave).await;
    assert!(
        eventually(
            async || stage.browser.run("return window.stayed ?? null").await == json!("server")
        )
        .await
    );
    assert_eq!(stage.mock.counters().logout, 0);

    stage.browser.run(leave).await;
    stage
        .browser
        .click(&format!("button[value='{ADMIN}']"))
        .await;
    assert!(
        eventually(async || stage
            .browser
            .attempt("return evertoken.isAuthError.name", Value::Null)
            .await
            .is_ok())
        .await
    );
    assert_eq!(stage.mock.counters().logout, 1);
    stage
        .client("{ contract: 'fixed-cookie', restore: 'hint' }")
        .await;
    assert_eq!(stage.session().await["user"]["email"], ADMIN);
    let nowhere = stage
        .browser
        .fails("await auth.loginWithRedirect('javascript:alert(1)')")
        .await;
    assert_eq!(nowhere.code.as_deref(), Some("invalid_argument"));
    stage.browser.run("auth.dispose()").await;
    let over = stage
        .browser
        .fails("await auth.loginWithRedirect('/api/v1/auth/google')")
        .await;
    assert_eq!(over.code.as_deref(), Some("disposed"));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_another_frame_with_its_own_copy_of_the_package_is_known() {
    let stage = Stage::new().await;
    let known = stage
        .browser
        .run("const frame = document.body.appendChild(document.createElement('iframe'));
              const script = frame.contentDocument.createElement('script');
              script.type = 'module';
              script.textContent = `import { createAuthClient } from '${location.origin}/evertoken/index.js?other';
                try { createAuthClient({ baseUrl: 'ftp:' }) } catch (error) { window.parent.brought(error) }`;
              const brought = new Promise((resolve) => (window.brought = resolve));
              frame.contentDocument.body.append(script);
              const error = await brought;
              return [error instanceof Error, error instanceof evertoken.AuthError, evertoken.isAuthError(error), error.code]")
        .await;
    assert_eq!(known, json!([false, false, true, "invalid_argument"]));
    stage.end().await;
}
