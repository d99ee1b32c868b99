//! One test's world.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::AsyncFnMut;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use evertoken_mock::{MockServer, Options};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::Browser;
use crate::relay::Relay;

/// A user the mock server knows; the password is `password`.
pub const USER: &str = "user@example.com";
/// Another.
pub const ADMIN: &str = "admin@example.com";

/// How long a condition may take to become true: far longer than any should, and an end all the same.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// A mock server that serves a page with the package, and a browser on that page.
#[derive(Debug)]
pub struct Stage {
    /// What the server saw is what counts.
    pub mock: MockServer,
    /// What the user sees.
    pub browser: Browser,
    relay: Option<Relay>,
    files: TempDir,
}

impl Stage {
    /// A world with the mock server's defaults, on a page that has imported the package.
    pub async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// A world with a mock server of one's own.
    pub async fn with(change: impl FnOnce(&mut Options)) -> Self {
        Self::serving(&page(), change).await
    }

    /// A world whose page is the one in `folder`, with the package under `evertoken/`.
    pub async fn serving(folder: &Path, change: impl FnOnce(&mut Options)) -> Self {
        Self::set(folder, own_address(), None, false, change).await
    }

    /// The same, for somebody who likes dark pages.
    pub async fn serving_in_the_dark(folder: &Path) -> Self {
        Self::set(folder, own_address(), None, true, |_| ()).await
    }

    /// A world in which the browser reaches the server through a [`Relay`].
    pub async fn relayed() -> Self {
        Self::behind(own_address()).await
    }

    /// The same, by a name that the browser takes for one of this machine's. One test of a file may use a name.
    pub async fn relayed_as(name: &str) -> Self {
        Self::behind(Some(name.to_owned())).await
    }

    async fn behind(host: Option<String>) -> Self {
        let relay = Relay::start(host.as_deref().unwrap_or("127.0.0.1")).await;
        let origin = relay.url();
        Self::set(&page(), host, Some(relay), false, |options| {
            options.allow_origins = vec![origin];
        })
        .await
    }

    async fn set(
        folder: &Path,
        host: Option<String>,
        relay: Option<Relay>,
        dark: bool,
        change: impl FnOnce(&mut Options),
    ) -> Self {
        let files = tempfile::tempdir().expect("a folder for the page");
        copy(folder, files.path());
        copy(&package(), &files.path().join("evertoken"));
        let mut options = Options {
            static_dir: Some(files.path().to_owned()),
            ..Options::default()
        };
        let own_host = host.is_some();
        if let (Some(host), None) = (host, &relay) {
            options.host = host;
        }
        change(&mut options);
        let mock = MockServer::start(options)
            .await
            .expect("the mock server starts");
        if let Some(relay) = &relay {
            relay.forward_to(mock.url());
        }
        let browser = Browser::for_host(own_host, dark).await;
        let stage = Self {
            mock,
            browser,
            relay,
            files,
        };
        stage.browser.visit(&stage.page()).await;
        stage
    }

    /// Serves one more file, which is found below the folder of these tests.
    pub fn add_file(&self, name: &str, source: &str) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
        std::fs::copy(source, self.files.path().join(name)).expect("the file is there");
    }

    /// Where the page's own server is, as the browser reaches it; without a slash at the end.
    pub fn url(&self) -> String {
        let relay = self.relay.as_ref();
        relay.map_or_else(|| self.mock.url(), Relay::url)
    }

    /// The page.
    pub fn page(&self) -> String {
        format!("{}/", self.url())
    }

    /// What is between browser and server.
    pub fn relay(&self) -> &Relay {
        self.relay.as_ref().expect("this world is a relayed one")
    }

    /// Makes `auth`, with `options` as the source of an object, and waits until it is ready. Its events are in
    /// `events`.
    pub async fn client(&self, options: &str) {
        let source = format!(
            "window.events = [];
             window.auth = evertoken.createAuthClient({{
               onEvent: (event) => events.push(event), ...{options} }});
             await auth.ready;"
        );
        self.browser.run(&source).await;
    }

    /// Makes `auth` and signs `email` in.
    pub async fn signed_in(&self, email: &str) {
        self.client("{}").await;
        self.login(email).await;
    }

    /// Signs `email` in.
    pub async fn login(&self, email: &str) {
        let credentials = json!({"email": email, "password": "password"});
        let user = self
            .browser
            .run_with("return await auth.login(args)", credentials)
            .await;
        assert_eq!(user["email"], email);
    }

    /// The session as the page sees it.
    pub async fn session(&self) -> Value {
        self.browser.run("return auth.session").await
    }

    /// Who is signed in after a reload, by the page's own word; `null` for nobody.
    pub async fn who_after_reload(&self) -> Value {
        self.browser.reload().await;
        self.client("{}").await;
        self.browser
            .run("return auth.session.user?.email ?? null")
            .await
    }

    /// The page's clock goes ahead, as after a sleep.
    pub async fn sleep(&self, d: Duration) {
        let ms = i64::try_from(d.as_millis()).expect("a test's sleep is short");
        self.shift_clock(ms).await;
    }

    /// The page's clock shows another time: so many milliseconds more, or less.
    pub async fn shift_clock(&self, ms: i64) {
        let source =
            "const { Date } = window; const now = Date.now; Date.now = () => now.call(Date) + args";
        self.browser.run_with(source, json!(ms)).await;
    }

    /// Lets the page's timers run for a while: two hundred requests, one after the other.
    pub async fn elapse(&self) {
        let source = "for (let n = 0; n < 200; n++) await (await fetch('/health')).text()";
        self.browser.run(source).await;
    }

    /// How many requests came for a path.
    pub fn requests_to(&self, path: &str) -> usize {
        let requests = self.mock.root().requests();
        requests
            .iter()
            .filter(|request| request.path == path)
            .count()
    }

    /// Ends the world in order.
    pub async fn end(self) {
        self.browser.close().await;
        self.mock.stop().await;
    }
}

/// Waits until a condition is true; tells whether it became so.
pub async fn eventually(mut condition: impl AsyncFnMut() -> bool) -> bool {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if condition().await {
            return true;
        }
        tokio::time::sleep(LOOK).await;
    }
    false
}

/// An address of this machine that no other test of this process uses, where the system listens to more than one.
pub fn own_address() -> Option<String> {
    static NEXT: AtomicU16 = AtomicU16::new(1);
    let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let address = Ipv4Addr::new(127, 1, high, low);
    let free = TcpListener::bind((address, 0)).is_ok();
    free.then(|| address.to_string())
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("page")
}

/// The built package.
pub fn package() -> PathBuf {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../npm/dist");
    assert!(
        dist.join("index.js").exists(),
        "the package is not built: run `cargo xtask build`"
    );
    dist
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder is there") {
        let entry = entry.expect("it can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}
