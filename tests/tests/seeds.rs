//! The five systems that the project began from, each as its description goes: through the package, in a browser,
//! against the mock server. What is asserted is what the server saw.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's name is its documentation, and one that fails says so by panicking"
)]

use std::time::Duration;

use evertoken_mock::{RateLimit, SameSite};
use evertoken_tests::{ADMIN, Stage, USER, eventually};
use serde_json::{Value, json};

/// Longer than the mock's access tokens live.
const LIFETIME: Duration = Duration::from_secs(16 * 60);

/// Calls `args[0]` so often at once and returns each status, or the code of what was thrown.
const CALL: &str = "const [path, n] = args;
    return Promise.all(Array.from({ length: n }, () =>
      auth.fetch(path).then((r) => r.status, (e) => e.code ?? String(e))))";

async fn call(stage: &Stage, path: &str, n: usize) -> Vec<Value> {
    let ended = stage.browser.run_with(CALL, json!([path, n])).await;
    ended.as_array().unwrap().clone()
}

/// All access tokens that were issued so far have expired, at the server's clock.
fn expire(stage: &Stage) {
    stage.mock.clock().advance(LIFETIME);
}

/// Whatever this page may keep from one load to the next, as one text.
async fn kept(stage: &Stage) -> String {
    let kept = "return JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie])";
    stage.browser.run(kept).await.to_string()
}

/// A client as people have written it from that recipe: a token in memory, one shared promise, one retry.
const RECIPE: &str = r#"
class Tokens {
  #token = null; #expiresAt = 0; #refreshing = null;
  constructor(base) { this.base = base; }
  async login(email, password) {
    const response = await fetch(`${this.base}/auth/login`, { method: "POST", credentials: "include",
      headers: { "Content-Type": "application/json" }, body: JSON.stringify({ email, password }) });
    if (!response.ok) throw new Error("login failed");
    const data = await response.json();
    this.#take(data);
    return data.user;
  }
  #take({ accessToken, expiresIn }) {
    this.#token = accessToken; this.#expiresAt = Date.now() + expiresIn * 1000;
  }
  async refresh() {
    this.#refreshing ??= (async () => {
      try {
        const response = await fetch(`${this.base}/auth/refresh`, { method: "POST", credentials: "include" });
        if (!response.ok) { this.#token = null; throw new Error("session expired"); }
        this.#take(await response.json());
      } finally { this.#refreshing = null; }
    })();
    return this.#refreshing;
  }
  async fetch(path, init = {}) {
    if (!this.#token || Date.now() > this.#expiresAt - 60_000) await this.refresh();
    const send = () => fetch(this.base + path, { ...init,
      headers: { ...init.headers, Authorization: `Bearer ${this.#token}` } });
    let response = await send();
    if (response.status === 401) { await this.refresh(); response = await send(); }
    return response;
  }
  async logout() {
    const response = await fetch(`${this.base}/auth/logout`, { method: "POST", credentials: "include" });
    this.#token = null;
    return response.json();
  }
}
window.tokens = new Tokens(location.origin);
"#;

#[tokio::test(flavor = "multi_thread")]
async fn jwt_with_refresh_token_rotation_works_for_the_client_that_people_copied_and_for_this_one()
{
    let stage = Stage::new().await;
    let cookie = stage
        .browser
        .run("const { headers } = await fetch('/auth/login', { method: 'POST', headers: { 'Content-Type': 'application/json' },
                body: JSON.stringify({ email: 'user@example.com', password: 'password' }) });
              return [document.cookie, headers.get('Cache-Control')]")
        .await;
    assert_eq!(cookie, json!(["", "no-store"]), "the cookie is HttpOnly");

    // The copied one.
    stage.browser.run(RECIPE).await;
    let user = stage
        .browser
        .run("return tokens.login('user@example.com', 'password')")
        .await;
    assert_eq!(
        (&user["email"], &user["role"]),
        (&json!(USER), &json!("user"))
    );
    stage.mock.root().expire_access(None);
    let statuses = stage
        .browser
        .run("return Promise.all(Array.from({ length: 5 }, () => tokens.fetch('/auth/me').then((r) => r.status)))")
        .await;
    assert_eq!(statuses, json!([200, 200, 200, 200, 200]));
    let out = stage.browser.run("return tokens.logout()").await;
    assert_eq!(out, json!({"success": true}));
    let counters = stage.mock.counters();
    // It does not know a late 401 for one of before, but it is no thief.
    assert!((1..=5).contains(&counters.rotations), "{counters:?}");
    assert_eq!(counters.reuse, 0);

    // This one.
    stage.signed_in(USER).await;
    let session = stage.session().await;
    assert_eq!(session["user"]["role"], "user");
    let before = stage.mock.counters();
    stage.mock.root().expire_access(None);
    assert_eq!(call(&stage, "/auth/me", 20).await, vec![json!(200); 20]);
    let counters = stage.mock.counters();
    assert_eq!(
        counters.rotations - before.rotations,
        1,
        "one shared refresh"
    );
    // A thief presents the token that was spent, which ends every session of this user.
    stage.sleep(LIFETIME).await;
    expire(&stage);
    stage.mock.root().expire_refresh(None).await.unwrap();
    assert_eq!(call(&stage, "/auth/me", 1).await, [json!("login_required")]);
    assert_eq!(stage.session().await["reason"], "expired");
    stage.login(USER).await;
    stage.browser.run("await auth.logout()").await;
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
    assert_eq!(stage.who_after_reload().await, Value::Null);
    stage.end().await;
}

/// The platform of a mini-program, of which nothing is like `fetch`, and the adapter its guide shows.
const PLATFORM: &str = r#"
window.codes = 0;
window.refuseCodes = false;
window.wx = {
  request({ url, method, header, data, success, fail }) {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(header ?? {})) request.setRequestHeader(name, value);
    request.onload = () => success({
      statusCode: request.status, data: request.responseText,
      header: Object.fromEntries(request.getAllResponseHeaders().trim().split("\r\n").map((line) => line.split(": "))),
    });
    request.onerror = () => fail({ errMsg: "request:fail" });
    request.send(data);
  },
  login({ success }) {
    codes += 1;
    if (refuseCodes) return success({ code: "spent" });
    wx.request({ url: location.origin + "/wx/code", method: "POST", header: { "Content-Type": "application/json" },
      data: JSON.stringify({ email: window.who ?? "user@example.com" }), success: ({ data }) => success(JSON.parse(data)) });
  },
};
window.request = (input, init = {}) => new Promise((resolve, reject) => wx.request({
  url: String(input), method: init.method ?? "GET", header: Object.fromEntries(new Headers(init.headers)), data: init.body,
  success: ({ statusCode, header, data }) => resolve({
    status: statusCode, ok: statusCode < 400, headers: { get: (name) => header[name.toLowerCase()] ?? null },
    text: async () => data, json: async () => JSON.parse(data) }),
  fail: ({ errMsg }) => reject(new TypeError(errMsg)),
}));
window.reauthenticate = () => new Promise((success) => wx.login({ success: ({ code }) => success({ code }) }));
"#;

#[tokio::test(flavor = "multi_thread")]
async fn double_token_in_a_mini_program_signs_in_silently_renews_and_never_loops() {
    let stage = Stage::new().await;
    stage.browser.run(PLATFORM).await;
    stage
        .client("{ contract: 'code-exchange', fetch: request, reauthenticate }")
        .await;
    assert_eq!(stage.session().await["reason"], "never");
    assert_eq!(
        stage.browser.run("return codes").await,
        0,
        "nobody needs a token yet"
    );

    // Without a token: one sign-in for all who ask.
    assert_eq!(
        call(&stage, "/wx/api/profile", 10).await,
        vec![json!(200); 10]
    );
    assert_eq!(stage.mock.counters().login.ok, 1);

    // 401: refresh, and again.
    stage.mock.root().expire_access(None);
    assert_eq!(
        call(&stage, "/wx/api/profile", 10).await,
        vec![json!(200); 10]
    );
    let counters = stage.mock.counters();
    assert_eq!(
        (counters.rotations, counters.login.ok, counters.reuse),
        (1, 1, 0)
    );

    // The refresh is refused: one full sign-in, the same requests again, and nobody saw the session end.
    stage
        .browser
        .run("window.seen = []; auth.subscribe((s) => seen.push(s.status))")
        .await;
    stage.mock.root().expire_access(None);
    stage.mock.root().expire_refresh(None).await.unwrap();
    assert_eq!(
        call(&stage, "/wx/api/profile", 10).await,
        vec![json!(200); 10]
    );
    assert_eq!(stage.mock.counters().login.ok, 2);
    assert_eq!(stage.browser.run("return codes").await, 2);
    let seen = stage.browser.run("return seen").await;
    assert!(!seen.to_string().contains("signed-out"), "{seen}");

    // That fails too: an error, and an end.
    stage.browser.run("window.refuseCodes = true").await;
    stage.mock.root().expire_access(None);
    stage.mock.root().expire_refresh(None).await.unwrap();
    assert_eq!(
        call(&stage, "/wx/api/profile", 10).await,
        vec![json!("login_required"); 10]
    );
    assert_eq!(stage.browser.run("return codes").await, 3);
    assert_eq!(stage.session().await["reason"], "expired");

    // The auth endpoints' own errors are passed on as they are.
    let passed = stage
        .browser
        .run("const response = await auth.fetch('/wx/auth/login', { method: 'POST',
                headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ code: 'spent' }) });
              return [response.status, (await response.json()).error, codes]")
        .await;
    assert_eq!(passed, json!([401, "invalid_credentials", 3]));

    // 403: a logout, once, and to the login page; no sign-in behind the user's back.
    stage.browser.run("window.refuseCodes = false").await;
    assert_eq!(call(&stage, "/wx/api/profile", 1).await, [json!(200)]);
    assert_eq!(
        call(&stage, "/wx/api/admin", 20).await,
        vec![json!(403); 20]
    );
    assert!(eventually(async || stage.session().await["reason"] == "forbidden").await);
    assert_eq!(stage.mock.counters().logout, 1);
    let codes = stage.browser.run("return codes").await;
    assert_eq!(
        call(&stage, "/wx/api/profile", 1).await,
        [json!("login_required")]
    );
    assert_eq!(stage.browser.run("return codes").await, codes);
    assert_eq!(stage.mock.counters().logout, 1);

    // Until somebody signs in.
    stage
        .browser
        .run("await auth.login(await reauthenticate())")
        .await;
    assert_eq!(call(&stage, "/wx/api/profile", 1).await, [json!(200)]);
    assert!(
        !kept(&stage).await.contains("evertoken"),
        "memory is a tab's own"
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tour_management_keeps_its_cookie_and_sends_whoever_is_refused_with_403_to_the_login() {
    let stage = Stage::new().await;
    stage
        .client(
            "{ contract: 'fixed-cookie', fetch: (url, init) => {
                if (String(url).endsWith('/refresh-token'))
                  (window.bearers ??= []).push(new Headers(init.headers).has('Authorization'));
                return fetch(url, init); } }",
        )
        .await;
    assert_eq!(stage.session().await["reason"], "never");
    assert_eq!(
        call(&stage, "/api/v1/bookings", 1).await,
        [json!("login_required")]
    );
    stage.login(USER).await;
    assert_eq!(
        call(&stage, "/api/v1/bookings", 3).await,
        vec![json!(200); 3]
    );

    // The refresh carries the cookie and no Authorization header.
    stage.mock.root().expire_access(None);
    assert_eq!(
        call(&stage, "/api/v1/bookings", 10).await,
        vec![json!(200); 10]
    );
    let counters = stage.mock.counters();
    assert_eq!((counters.refresh.ok, counters.rotations), (1, 0));
    // One at the start, which found nothing, and this one.
    assert_eq!(
        stage.browser.run("return bearers").await,
        json!([false, false])
    );

    // A reload restores.
    stage.browser.reload().await;
    stage.client("{ contract: 'fixed-cookie' }").await;
    assert_eq!(stage.session().await["status"], "signed-in");

    // The user must still be active: 403, the state is cleared, and to the login.
    stage
        .browser
        .run("auth.subscribe((s) => { if (s.status === 'signed-out') document.title = 'login' })")
        .await;
    let users = stage.mock.root().users();
    let suspended = users.all().iter().cloned().map(|mut user| {
        user.active = user.email != USER;
        user
    });
    stage.mock.root().set_users(suspended.collect());
    stage.mock.root().expire_access(None);
    assert_eq!(
        call(&stage, "/api/v1/bookings", 10).await,
        vec![json!("login_required"); 10]
    );
    assert_eq!(
        stage.session().await,
        json!({"status": "signed-out", "reason": "inactive"})
    );
    assert_eq!(stage.browser.run("return document.title").await, "login");
    assert_eq!(
        stage.mock.counters().refresh.denied,
        2,
        "one at the start, one now"
    );

    // The other way in: by Google, who asks which account, and back.
    stage
        .browser
        .run(
            "const here = encodeURIComponent(location.href);
              void auth.loginWithRedirect('/api/v1/auth/google?return_to=' + here)",
        )
        .await;
    stage
        .browser
        .click(&format!("button[value='{ADMIN}']"))
        .await;
    assert!(
        eventually(async || stage
            .browser
            .attempt("return evertoken.isAuthError", Value::Null)
            .await
            .is_ok())
        .await
    );
    stage
        .client("{ contract: 'fixed-cookie', restore: 'hint' }")
        .await;
    assert_eq!(stage.session().await["user"]["email"], ADMIN);
    assert_eq!(call(&stage, "/api/v1/bookings", 1).await, [json!(200)]);
    stage.browser.run("await auth.logout()").await;
    assert_eq!(stage.mock.counters().logout, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn client_and_backend_managed_refresh_agree_on_who_renews() {
    let stage = Stage::with(|options| options.cookie_same_site = SameSite::Lax).await;
    // Backend-managed: a middleware renews through the cookie, and the new token is in the answer's header.
    stage.client("{ contract: 'gateway' }").await;
    stage.login(USER).await;
    assert_eq!(call(&stage, "/gateway/api/me", 1).await, [json!(200)]);
    expire(&stage);
    assert_eq!(
        call(&stage, "/gateway/api/me", 10).await,
        vec![json!(200); 10]
    );
    let renewed = stage.mock.counters().refresh.ok;
    assert!((1..=10).contains(&renewed), "{renewed}");
    let adopted = "return events.filter((e) => e.type === 'adopted').map((e) => e.from)";
    let adopted = stage.browser.run(adopted).await;
    // One, and another where one of the ten was served in a later second.
    let adopted = adopted.as_array().unwrap();
    assert!((1..=10).contains(&adopted.len()) && adopted.iter().all(|from| from == "header"));
    // With what was adopted nothing has to be renewed; a POST arrives whole.
    let echo = stage
        .browser
        .run("return (await auth.fetch('/gateway/api/echo', { method: 'POST', body: 'text' })).json()")
        .await;
    assert_eq!(
        (&echo["method"], &echo["body"]),
        (&json!("POST"), &json!("text"))
    );
    assert_eq!(stage.mock.counters().refresh.ok, renewed);
    // Not allowed is not signed out, and the token that came with it counts.
    expire(&stage);
    assert_eq!(call(&stage, "/gateway/api/admin", 1).await, [json!(403)]);
    assert_eq!(stage.session().await["status"], "signed-in");
    let before = stage.mock.counters().refresh.ok;
    assert_eq!(call(&stage, "/gateway/api/me", 1).await, [json!(200)]);
    assert_eq!(stage.mock.counters().refresh.ok, before);
    // There is nothing to call for it.
    let thrown = stage.browser.fails("await auth.refresh()").await;
    assert_eq!(thrown.code.as_deref(), Some("misconfigured"));
    assert!(thrown.hint.unwrap().contains("fetch()"));
    // Revoked: the backend says so with 403, once, to all who ask.
    expire(&stage);
    stage.mock.root().expire_refresh(None).await.unwrap();
    assert_eq!(call(&stage, "/gateway/api/me", 10).await[0], json!(403));
    assert_eq!(
        stage.session().await,
        json!({"status": "signed-out", "reason": "expired"})
    );
    let ended = "return events.filter((e) => e.reason === 'expired').length";
    assert_eq!(stage.browser.run(ended).await, 1);
    stage.end().await;

    // Client-managed: the expiry is looked at before each request, which then meets no 401; and 429 is kept to.
    let stage =
        Stage::with(|options| options.refresh_rate = RateLimit::parse("2/min").unwrap()).await;
    stage.signed_in(USER).await;
    stage.sleep(LIFETIME).await;
    expire(&stage);
    assert_eq!(call(&stage, "/auth/me", 5).await, vec![json!(200); 5]);
    let counters = stage.mock.counters();
    assert_eq!(
        (counters.resource.unauthorized, counters.refresh.ok),
        (0, 1)
    );
    let limited = "try { for (;;) await auth.refresh() } catch (e) { return [e.code, e.retryAfter >= 1000, auth.session.status] }";
    assert_eq!(
        stage.browser.run(limited).await,
        json!(["rate_limited", true, "signed-in"])
    );
    let refused = stage.mock.counters().refresh.limited;
    assert_eq!(stage.browser.run(limited).await[0], "rate_limited");
    assert_eq!(
        stage.mock.counters().refresh.limited,
        refused,
        "the backend is left alone"
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seamless_refresh_by_the_token_endpoint_keeps_no_token_in_the_browser() {
    // The timer is a real one: of a token of eight seconds the buffer of half its lifetime leaves four.
    let stage = Stage::with(|options| options.access_ttl = Duration::from_secs(8)).await;
    stage.client("{ contract: 'oauth2' }").await;
    assert_eq!(stage.session().await["reason"], "never");
    stage
        .browser
        .run("await auth.login({ email: 'user@example.com', password: 'password' })")
        .await;
    assert_eq!(stage.session().await["status"], "signed-in");
    assert!(
        eventually(async || stage.mock.counters().rotations >= 1).await,
        "the timer renews"
    );
    assert_eq!(call(&stage, "/auth/me", 5).await, vec![json!(200); 5]);
    assert_eq!(stage.mock.counters().resource.unauthorized, 0);
    assert!(!kept(&stage).await.contains("eyJ"), "no token is kept");

    // A 401 is one refresh for all, with a token that is good once.
    stage.mock.root().expire_access(None);
    assert_eq!(call(&stage, "/auth/me", 10).await, vec![json!(200); 10]);
    assert_eq!(stage.mock.counters().reuse, 0);

    // invalid_grant: sign in again.
    stage.mock.root().expire_access(None);
    stage.mock.root().expire_refresh(None).await.unwrap();
    assert_eq!(
        call(&stage, "/auth/me", 10).await,
        vec![json!("login_required"); 10]
    );
    assert_eq!(stage.session().await["status"], "signed-out");
    stage
        .browser
        .run("await auth.login({ email: 'user@example.com', password: 'password' })")
        .await;
    stage.browser.run("await auth.logout()").await;
    assert!(
        stage
            .mock
            .root()
            .families()
            .await
            .unwrap()
            .iter()
            .all(|family| family.status == "ended"),
        "the token was revoked"
    );
    stage.end().await;
}
