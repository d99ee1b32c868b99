//! A browser, and a way to run JavaScript in its page.

use std::cell::Cell;
use std::time::Duration;

use fantoccini::wd::WindowHandle;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::debugger::Debugger;
use crate::driver::{Driver, Kind};
use crate::pool;
use crate::relay::{Held, Relay};

/// How long a script or a page may take: a machine that builds something else meanwhile is slow.
const SLOWEST: Duration = Duration::from_secs(120);

/// One browser window.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    kind: Kind,
    driver: Driver,
    dark: bool,
    /// Whether the next test may have it.
    lasts: Cell<bool>,
}

/// One tab of a browser.
#[derive(Clone, Debug)]
pub struct Tab(WindowHandle);

/// What a script threw.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct Thrown {
    /// The error's `name`.
    pub name: String,
    /// Its message.
    pub message: String,
    /// `AuthError.code`.
    pub code: Option<String>,
    /// `AuthError.hint`.
    pub hint: Option<String>,
    /// The status of the response that is its cause.
    pub cause: Option<u16>,
}

/// Makes an async function of a script, and its end a value that says which end it was. The script is written into it,
/// since a page's Content-Security-Policy may forbid what makes functions of texts.
fn script(body: &str) -> String {
    format!(
        r"
const [args, done] = arguments;
(async () => {{ {body}
}})().then(
  (value) => done({{ value: value ?? null }}),
  (error) => done({{ thrown: {{
    name: String(error?.name), message: String(error?.message ?? error),
    code: error?.code === undefined ? null : String(error.code), hint: error?.hint ?? null,
    cause: error?.cause?.status ?? null }} }}),
);"
    )
}

impl Browser {
    /// Opens a window with an empty profile; its driver is chosen by the environment.
    pub async fn open() -> Self {
        Self::start(false).await
    }

    /// Opens a window of somebody who likes dark pages.
    pub async fn open_in_the_dark() -> Self {
        Self::start(true).await
    }

    /// One for a test whose host is its own, or is not; somebody may like dark pages.
    pub async fn for_host(is_own: bool, dark: bool) -> Self {
        if is_own {
            Self::lent(dark).await
        } else {
            Self::start(dark).await
        }
    }

    /// One that another test of this process has used with other hosts, if there is one, and otherwise a new one.
    async fn lent(dark: bool) -> Self {
        let browser = match pool::take(dark).await {
            Some((driver, client)) => Self::of(driver, client, dark).await,
            None => Self::start(dark).await,
        };
        browser.lasts.set(true);
        browser
    }

    async fn start(dark: bool) -> Self {
        let kind = Kind::chosen();
        let driver = Driver::start(kind).await;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(kind, dark))
            .connect(&driver.url)
            .await
            .expect("the driver opens a browser");
        let timeouts =
            fantoccini::wd::TimeoutConfiguration::new(Some(SLOWEST), Some(SLOWEST), None);
        client
            .update_timeouts(timeouts)
            .await
            .expect("timeouts can be set");
        Self::of(driver, client, dark).await
    }

    async fn of(driver: Driver, client: Client, dark: bool) -> Self {
        let browser = Self {
            client,
            kind: Kind::chosen(),
            driver,
            dark,
            lasts: Cell::new(false),
        };
        if browser.kind == Kind::Chrome && dark {
            let dark = json!([{"name": "prefers-color-scheme", "value": "dark"}]);
            let media = json!({ "features": dark });
            browser.debugger("Emulation.setEmulatedMedia", media).await;
        }
        browser
    }

    /// Which one it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Asks Chromium's debugger for something.
    pub async fn debugger(&self, method: &'static str, params: Value) -> Value {
        let asked = self.client.issue_cmd(Debugger { method, params }).await;
        asked.unwrap_or_else(|error| panic!("the debugger does not know {method}: {error}"))
    }

    /// Opens an address and waits until it has loaded.
    pub async fn visit(&self, url: &str) {
        self.client.goto(url).await.expect("the page loads");
    }

    /// Opens another tab of the same profile and goes there; it is the one that scripts run in from now on.
    pub async fn open_tab(&self, url: &str) -> Tab {
        let opened = self.client.new_window(true).await.expect("a tab opens");
        let tab = Tab(opened.handle);
        self.go_to(&tab).await;
        self.visit(url).await;
        tab
    }

    /// The tab that scripts run in.
    pub async fn tab(&self) -> Tab {
        Tab(self.client.window().await.expect("there is one"))
    }

    /// Scripts run in this tab from now on.
    pub async fn go_to(&self, tab: &Tab) {
        let there = self.client.switch_to_window(tab.0.clone()).await;
        there.expect("the tab is open");
    }

    /// Closes the tab that scripts run in, and goes to another.
    pub async fn close_tab(&self, next: &Tab) {
        self.client.close_window().await.expect("the tab closes");
        self.go_to(next).await;
    }

    /// Ends the tab that scripts run in without a word to it, and goes to another. In Chromium its process crashes; in
    /// Firefox, whose tabs of one site share a process, it is closed and its scripts are not told.
    pub async fn kill_tab(&self, next: &Tab) {
        self.lasts.set(false);
        match self.kind {
            Kind::Chrome => {
                let method = "Page.crash";
                let crash = Debugger {
                    method,
                    params: json!({}),
                };
                // Nobody is left to answer.
                let _ = self.client.issue_cmd(crash).await;
                self.go_to(next).await;
            }
            Kind::Firefox => {
                // Asked before the client's own, since it listens in the capturing phase.
                let deaf = "const listener = (event) => event.stopImmediatePropagation();
                    addEventListener('pagehide', listener, true)";
                self.run(deaf).await;
                self.close_tab(next).await;
            }
        }
    }

    /// Freezes the tab that scripts run in: nothing in it runs until it is thawed. In Chromium the debugger does it; in
    /// Firefox the tab waits for a request that blocks it, and that the relay holds.
    pub async fn freeze(&self, relay: &Relay) -> Option<Held> {
        match self.kind {
            Kind::Chrome => {
                self.life("frozen").await;
                None
            }
            Kind::Firefox => {
                let mut held = relay.hold_request("/health");
                let block = "setTimeout(() => {
                    const request = new XMLHttpRequest();
                    request.open('GET', '/health', false);
                    request.send();
                })";
                self.run(block).await;
                held.here().await;
                Some(held)
            }
        }
    }

    /// Thaws it, the tab being the one that scripts run in.
    pub async fn thaw(&self, held: Option<Held>) {
        match held {
            None => self.life("active").await,
            Some(held) => held.release(),
        }
    }

    async fn life(&self, state: &str) {
        let state = json!({"state": state});
        self.debugger("Page.setWebLifecycleState", state).await;
    }

    /// Goes back to the page before.
    pub async fn back(&self) {
        self.client.back().await.expect("there is a page before");
    }

    /// Loads the page again.
    pub async fn reload(&self) {
        self.client.refresh().await.expect("the page loads again");
    }

    /// Runs the body of an async function in the page; `args` is what it finds under that name. What is to stay is
    /// assigned to a member of `window`: in Firefox a bare name would be one of the driver's.
    ///
    /// # Errors
    ///
    /// What it threw.
    pub async fn attempt(&self, body: &str, args: Value) -> Result<Value, Thrown> {
        let ended = self
            .client
            .execute_async(&script(body), vec![args])
            .await
            .unwrap_or_else(|error| panic!("the page did not run this: {error}\n{body}"));
        match ended.get("thrown") {
            Some(thrown) => Err(serde_json::from_value(thrown.clone()).expect("it is complete")),
            None => Ok(ended["value"].clone()),
        }
    }

    /// Runs the body of an async function that must not throw.
    pub async fn run(&self, body: &str) -> Value {
        self.run_with(body, Value::Null).await
    }

    /// The same, with arguments.
    pub async fn run_with(&self, body: &str, args: Value) -> Value {
        let ended = self.attempt(body, args).await;
        ended.unwrap_or_else(|thrown| panic!("the page threw {thrown:?} in\n{body}"))
    }

    /// The same as one of the page's own scripts: what a driver runs, Firefox runs in a place beside the page, with
    /// other modules and other storage.
    pub async fn run_as_page(&self, body: &str) -> Value {
        let body = format!("(async () => {{ {body}\n}})()");
        self.run_with("return await window.eval(args)", json!(body))
            .await
    }

    /// Collects the JavaScript garbage.
    pub async fn collect_garbage(&self) {
        // What is found to be garbage is finished off later, and may have held something else.
        for _ in 0..3 {
            match self.kind {
                Kind::Chrome => {
                    let method = "HeapProfiler.collectGarbage";
                    self.debugger(method, json!({})).await;
                }
                Kind::Firefox => {
                    self.run_as_page("await TestUtils.gc()").await;
                }
            }
        }
    }

    /// Runs the body of an async function that must throw.
    pub async fn fails(&self, body: &str) -> Thrown {
        match self.attempt(body, Value::Null).await {
            Err(thrown) => thrown,
            Ok(value) => panic!("the page threw nothing and returned {value} in\n{body}"),
        }
    }

    /// Clicks the element a CSS selector finds, as a user does.
    pub async fn click(&self, selector: &str) {
        let found = self.client.wait().for_element(Locator::Css(selector)).await;
        let element = found.unwrap_or_else(|error| panic!("there is no {selector}: {error}"));
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("{selector} cannot be clicked: {error}"));
    }

    /// Sends a key to the element a CSS selector finds, which gets the focus; WebDriver has private characters for keys
    /// that write nothing.
    pub async fn press(&self, selector: &str, key: &str) {
        let found = self.client.wait().for_element(Locator::Css(selector)).await;
        let element = found.unwrap_or_else(|error| panic!("there is no {selector}: {error}"));
        element
            .send_keys(key)
            .await
            .unwrap_or_else(|error| panic!("{selector} takes no key: {error}"));
    }

    /// Writes into a field in place of what is there.
    pub async fn fill(&self, selector: &str, text: &str) {
        let found = self.client.wait().for_element(Locator::Css(selector)).await;
        let field = found.unwrap_or_else(|error| panic!("there is no {selector}: {error}"));
        field.clear().await.expect("a field can be emptied");
        field.send_keys(text).await.expect("a field takes text");
    }

    /// Makes the page this large, or as narrow as the browser's window can be: Firefox's has a least width.
    pub async fn resize(&self, width: u32, height: u32) {
        match self.kind {
            Kind::Chrome => {
                let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
                self.debugger("Emulation.setDeviceMetricsOverride", metrics)
                    .await;
            }
            Kind::Firefox => {
                let resized = self.client.set_window_size(width, height).await;
                resized.expect("a window can be resized");
            }
        }
    }

    /// What is to be seen of the page, as PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        let picture = self.client.screenshot().await;
        picture.expect("the page can be pictured")
    }

    /// Waits until the element a CSS selector finds has a text that satisfies `wanted`.
    pub async fn text(&self, selector: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut last = String::new();
        let seen = crate::eventually(async || {
            let value = self
                .run_with(
                    "return document.querySelector(args)?.textContent ?? ''",
                    json!(selector),
                )
                .await;
            last = value.as_str().unwrap_or_default().trim().to_owned();
            wanted(&last)
        });
        assert!(seen.await, "{selector} says {last:?}");
        last
    }

    /// Closes what is open. A browser that is merely dropped is killed.
    pub async fn close(self) {
        if self.lasts.get() {
            pool::give_back(self.driver, self.client, self.dark).await;
        } else {
            // The test has its answers; how the browser ends does not matter to them.
            let _ = self.client.close().await;
        }
    }
}

fn capabilities(kind: Kind, dark: bool) -> Map<String, Value> {
    let options = match kind {
        Kind::Chrome => json!({"goog:chromeOptions": {"args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage",
            // A host name that ends as an attacker's would, on this machine.
            // And one that is no loopback name.
            "--host-resolver-rules=MAP *.evil.test 127.0.0.1, MAP app.example 127.0.0.1",
        ]}}),
        Kind::Firefox => json!({"moz:firefoxOptions": {
            "args": ["-headless"],
            "prefs": {
                "network.dns.localDomains": "127.0.0.1.evil.test,app.example",
                // It would try https first wherever a host is no loopback name.
                "dom.security.https_first": false,
                // It would start processes for pages that no test opens.
                "dom.ipc.processPrelaunch.enabled": false,
                // 0 is dark, 1 is light.
                "layout.css.prefers-color-scheme.content-override": i32::from(!dark),
                // So that a page can collect its garbage.
                "dom.testing.testutils.enabled": true,
            },
        }}),
    };
    options
        .as_object()
        .expect("it is written above as one")
        .clone()
}
