//! The packed package in a Vite app, as `vite dev` serves it and as `vite build` builds it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that fails says so by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::Stdio;

use evertoken_mock::{MockServer, Options};
use evertoken_tests::{Browser, USER};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// The app with the packed package installed, in a folder of its own.
async fn installed_app(name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("vite-app");
    let app = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&app).unwrap();
    for file in [
        "package.json",
        "package-lock.json",
        ".npmrc",
        "index.html",
        "main.ts",
    ] {
        std::fs::copy(source.join(file), app.join(file)).unwrap();
    }
    let tarball = std::env::var("EVERTOKEN_TARBALL").expect("`cargo xtask test e2e` packs it");
    npm(&app, &["ci", "--no-audit", "--no-fund"]).await;
    npm(
        &app,
        &[
            "install",
            "--no-save",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
            &tarball,
        ],
    )
    .await;
    app
}

async fn npm(app: &Path, args: &[&str]) {
    let output = Command::new("npm")
        .args(args)
        .current_dir(app)
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "npm {args:?}: {said}");
}

fn vite(app: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(app.join("node_modules/.bin/vite"));
    command
        .args(args)
        .current_dir(app)
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Starts a server of Vite's on a free port; it prints where it is.
async fn serve(app: &Path, args: &[&str]) -> (Child, String) {
    let free = ["--host", "127.0.0.1", "--port", "0"];
    let mut server = vite(app, &[args, &free].concat())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    loop {
        let line = lines
            .next_line()
            .await
            .unwrap()
            .expect("Vite says where it listens");
        if let Some(start) = line.find("http://127.0.0.1:") {
            let url = line.get(start..).unwrap().trim_end().to_owned();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (server, url);
        }
    }
}

/// Signs in across origins, renews after a 401, and is signed in again after a reload.
async fn the_main_job(url: &str) {
    let mock = MockServer::start(Options::default()).await.unwrap();
    let browser = Browser::open().await;
    browser.visit(url).await;
    let start = "window.auth = evertoken.createAuthClient({ baseUrl: args });
                 await auth.ready;
                 return auth.session.status";
    let base = json!(mock.url());
    assert_eq!(browser.run_with(start, base.clone()).await, "signed-out");
    let login = "return (await auth.login({ email: args, password: 'password' })).email";
    assert_eq!(browser.run_with(login, json!(USER)).await, USER);
    mock.root().expire_access(None);
    assert_eq!(
        browser
            .run("return (await auth.fetch('/auth/me')).status")
            .await,
        200
    );
    browser.reload().await;
    assert_eq!(browser.run_with(start, base).await, "signed-in");
    let counters = mock.counters();
    assert_eq!(
        (counters.rotations, counters.resource.ok, counters.reuse),
        (2, 1, 0)
    );
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_in_vite_dev() {
    let app = installed_app("vite-dev").await;
    let (_server, url) = serve(&app, &[]).await;
    the_main_job(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_in_what_vite_built() {
    let app = installed_app("vite-build").await;
    let built = vite(&app, &["build"]).output().await.unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let (_server, url) = serve(&app, &["preview"]).await;
    the_main_job(&url).await;
}
