//! One example in a browser, with what it needs.

use std::path::PathBuf;
use std::process::Stdio;

use evertoken_mock::{MockServer, Options};
use evertoken_tests::{
    Axe, Browser, DESK, PHONE, Size, USER, has_no_barrier, is_dark, own_address,
};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// An example's page, and the servers behind it.
pub(crate) struct Example {
    /// The backend, unless it brought its own.
    pub(crate) mock: MockServer,
    pub(crate) browser: Browser,
    /// Where its page is.
    pub(crate) url: String,
    /// Whether no other test's page is of the same host.
    own_host: bool,
    /// Whether who looks at it likes dark pages.
    dark: bool,
    _server: Option<Server>,
}

impl Example {
    /// One that the mock server serves as it is.
    pub(crate) async fn page(name: &str) -> Self {
        let host = own_address();
        let own_host = host.is_some();
        let mock = mock(Some(folder()), host).await;
        let url = format!("{}/{name}/", mock.url());
        Self::at(mock, url, own_host, None).await
    }

    /// One that is a server itself.
    pub(crate) async fn program(name: &str) -> Self {
        let mock = mock(None, None).await;
        let server = Server::start(name, &mock.url()).await;
        Self::at(mock, server.url.clone(), false, Some(server)).await
    }

    async fn at(mock: MockServer, url: String, own_host: bool, server: Option<Server>) -> Self {
        let browser = Browser::for_host(own_host, false).await;
        browser.visit(&url).await;
        Self {
            mock,
            browser,
            url,
            own_host,
            dark: false,
            _server: server,
        }
    }

    /// Sends the login form as it is filled in already, once it is there.
    pub(crate) async fn sign_in(&self) {
        self.is_there("#login").await;
        self.browser.click("#login button").await;
        self.says("#who", USER).await;
    }

    /// Waits until the element says this.
    pub(crate) async fn says(&self, selector: &str, wanted: &str) {
        self.browser
            .text(selector, |text| text.contains(wanted))
            .await;
    }

    /// Takes away what the element says: what it says next is new.
    pub(crate) async fn forget(&self, selector: &str) {
        let forget = "document.querySelector(args).textContent = ''";
        self.browser.run_with(forget, selector.into()).await;
    }

    /// Waits until the element can be seen.
    pub(crate) async fn is_there(&self, selector: &str) {
        let visible = "return Boolean(document.querySelector(args)?.checkVisibility())";
        let seen = evertoken_tests::eventually(async || {
            self.browser.run_with(visible, selector.into()).await == true
        });
        assert!(seen.await, "{selector} is not to be seen");
    }

    /// Everything that was issued so far has expired, and nobody was told.
    pub(crate) fn expire(&self) {
        self.mock.root().expire_access(None);
    }

    /// How many requests came for a path.
    pub(crate) fn requests_to(&self, path: &str) -> usize {
        let requests = self.mock.root().requests();
        requests.iter().filter(|one| one.path == path).count()
    }

    /// Walks through the example twice, as somebody who likes light pages and as somebody who likes dark ones; where the
    /// walk looks, there has to be no barrier and nothing wider than a phone.
    pub(crate) async fn serves_everyone(self, walk: impl AsyncFn(&Self)) {
        walk(&self).await;
        self.browser.close().await;
        let browser = Browser::for_host(self.own_host, true).await;
        browser.visit(&self.url).await;
        let in_the_dark = Self {
            browser,
            dark: true,
            ..self
        };
        walk(&in_the_dark).await;
        in_the_dark.end().await;
    }

    /// The page as it is now is one for everyone.
    pub(crate) async fn looks_well(&self, when: &str) {
        // What is narrow and what is wide is the same in the dark.
        let sizes: &[Size] = if self.dark { &[PHONE] } else { &[PHONE, DESK] };
        has_no_barrier(&self.browser, Axe::Brought, sizes, when).await;
        assert_eq!(is_dark(&self.browser).await, self.dark, "{when}");
    }

    pub(crate) async fn end(self) {
        self.browser.close().await;
        self.mock.stop().await;
    }
}

async fn mock(files: Option<PathBuf>, host: Option<String>) -> MockServer {
    let mut options = Options {
        static_dir: files,
        ..Options::default()
    };
    if let Some(host) = host {
        options.host = host;
    }
    MockServer::start(options).await.unwrap()
}

fn folder() -> PathBuf {
    std::env::var_os("EVERTOKEN_EXAMPLES")
        .expect("`cargo xtask test e2e` puts the examples together")
        .into()
}

/// What `npm start` starts. All of it ends with this.
pub(crate) struct Server {
    child: Child,
    /// Where it is, with a slash at the end or without one, as it says itself.
    pub(crate) url: String,
}

impl Server {
    pub(crate) async fn start(name: &str, backend: &str) -> Self {
        let mut child = Command::new("npm")
            .args(["start", "--silent", "--workspace", name])
            .envs([("PORT", "0"), ("BACKEND", backend), ("NO_COLOR", "1")])
            .env("NEXT_TELEMETRY_DISABLED", "1")
            .current_dir(folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next_line().await.unwrap();
            let line = line.expect("the server says where it listens");
            if let Some(start) = line.find("http://127.0.0.1:") {
                break line[start..].trim_end().to_owned();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { child, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let id = self.child.id().and_then(|id| id.try_into().ok());
        if let Some(group) = id.and_then(Pid::from_raw) {
            // If it has ended by itself there is nothing left to end.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
