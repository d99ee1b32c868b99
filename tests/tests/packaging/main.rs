//! The packed package where people use it: in each bundler, in none, rendered by a server, and in the runtimes that are no
//! browser. Each is a project of `tests/packaging/` that is installed, built and run against the mock server; what counts
//! is what the server counted.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test's name is its documentation, and one that fails says so by panicking"
)]

mod project;

use std::path::PathBuf;

use evertoken_mock::{MockServer, Options};
use evertoken_tests::{Browser, USER};
use project::{Project, Served};
use serde_json::{Value, json};

const START: &str = "window.auth = evertoken.createAuthClient({ baseUrl: args });
    await auth.ready;
    return auth.session.status";

const LOGIN: &str = "return (await auth.login({ email: args, password: 'password' })).email";

/// Three requests meet a 401.
const CALL: &str =
    "return Promise.all([1, 2, 3].map(() => auth.fetch('/auth/me').then(({ status }) => status)))";

/// The engine as a file, where the bundler put it; and whether it was fetched.
const EXTERNAL: &str = "const external = await globalThis.external();
    const auth = external.createAuthClient({ baseUrl: args });
    await auth.ready;
    const { status } = await auth.fetch('/auth/me');
    const fetched = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm'));
    return [auth.session.status, status, fetched.length]";

async fn mock(files: Option<PathBuf>) -> MockServer {
    let options = Options {
        static_dir: files,
        ..Options::default()
    };
    MockServer::start(options).await.unwrap()
}

/// Signs in, renews once for three requests that met a 401, and is signed in after a reload; then all of it
/// once more with the engine as a file.
async fn the_main_job(mock: &MockServer, page: &str) {
    let browser = Browser::open().await;
    browser.visit(page).await;
    let base = json!(mock.url());
    assert_eq!(browser.run_with(START, base.clone()).await, "signed-out");
    assert_eq!(browser.run_with(LOGIN, json!(USER)).await, USER);
    renewed_once(mock, &browser).await;
    browser.reload().await;
    assert_eq!(browser.run_with(START, base.clone()).await, "signed-in");
    assert_eq!(mock.counters().rotations, 2);
    // No tab has the token any more, so this one is renewed too.
    browser.reload().await;
    let external = browser.run_with(EXTERNAL, base).await;
    assert_eq!(external, json!(["signed-in", 200, 1]));
    let counters = mock.counters();
    assert_eq!((counters.rotations, counters.reuse), (3, 0));
    browser.close().await;
}

async fn renewed_once(mock: &MockServer, browser: &Browser) {
    mock.root().expire_access(None);
    assert_eq!(browser.run(CALL).await, json!([200, 200, 200]));
    let counters = mock.counters();
    assert_eq!((counters.login.ok, counters.rotations), (1, 1));
    assert_eq!((counters.resource.ok, counters.reuse), (3, 0));
}

/// What a bundler left in `dist`, as any web server serves it.
async fn what_was_built(name: &str) {
    let mock = mock(Some(Project::ready(name).await.built())).await;
    the_main_job(&mock, &mock.url()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_in_what_webpack_built() {
    what_was_built("webpack").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_in_what_rollup_built() {
    what_was_built("rollup").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_in_what_esbuild_built() {
    what_was_built("esbuild").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_in_what_parcel_built() {
    what_was_built("parcel").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_in_a_page_that_nothing_built() {
    let project = Project::ready("no-bundler").await;
    let mock = mock(Some(project.dir().to_owned())).await;
    the_main_job(&mock, &mock.url()).await;
}

/// On a port of its own, so across origins.
async fn served_by_vite(args: &[&str]) {
    let project = Project::ready("vite").await;
    let mut vite = project.program("vite");
    vite.args(args).args(["--host", "127.0.0.1", "--port", "0"]);
    let served = Served::by(vite).await;
    the_main_job(&mock(None).await, &served.url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_in_vite_as_it_serves_while_one_develops_and_in_what_it_built() {
    served_by_vite(&[]).await;
    served_by_vite(&["preview"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_next_rendered_is_taken_over_without_a_complaint_and_does_the_main_job() {
    let project = Project::ready("next").await;
    let mock = mock(None).await;
    let mut next = project.program("next");
    next.args(["start", "--hostname", "127.0.0.1", "--port", "0"])
        .env("BACKEND", mock.url());
    let served = Served::by(next).await;
    let browser = Browser::open().await;
    browser.visit(&served.url).await;

    let rendered = browser
        .run("return (await (await fetch(location)).text()).match(/<p id=.status.>(.*?)</)[1]")
        .await;
    assert_eq!(rendered, "restoring");
    assert_eq!(shown(&browser).await, "signed-out");
    assert_eq!(browser.run_with(LOGIN, json!(USER)).await, USER);
    renewed_once(&mock, &browser).await;
    browser.reload().await;
    assert_eq!(shown(&browser).await, "signed-in");
    assert_eq!(mock.counters().rotations, 2);
    assert_eq!(browser.run("return complaints").await, json!([]));
    browser.close().await;
}

/// What the page says once the client knows.
async fn shown(browser: &Browser) -> Value {
    let known = "while (!globalThis.auth) await new Promise(requestAnimationFrame);
        await auth.ready;
        await new Promise(requestAnimationFrame);
        return document.getElementById('status').textContent";
    browser.run(known).await
}

/// Runs the main job where there is no page: the program says what it saw, the server what came.
async fn without_a_page(runtime: &str, args: &[&str]) {
    let project = Project::ready(runtime).await;
    let mock = mock(None).await;
    let mut command = match runtime {
        "node" => project.command("node"),
        installed => project.program(installed),
    };
    let ran = command.args(args).env("BACKEND", mock.url()).output().await;
    let ran = ran.unwrap();
    let complained = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{complained}");
    let told: Value = serde_json::from_slice(&ran.stdout).expect(&complained);
    assert_eq!(told, json!(["signed-out", USER, 200, 200, 200]));
    let counters = mock.counters();
    assert_eq!((counters.login.ok, counters.rotations), (1, 1));
    assert_eq!((counters.resource.ok, counters.reuse), (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_in_node() {
    without_a_page("node", &["main.mjs"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_in_deno() {
    let allowed = ["run", "--allow-net", "--allow-env", "main.mjs"];
    without_a_page("deno", &allowed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_in_bun() {
    without_a_page("bun", &["main.mjs"]).await;
}
