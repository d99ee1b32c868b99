//! The process that steers a browser.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Which browser the tests run in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Chromium, or Chrome.
    Chrome,
    /// Firefox.
    Firefox,
}

impl Kind {
    pub(crate) fn chosen() -> Self {
        match std::env::var("EVERTOKEN_BROWSER").as_deref() {
            Ok("firefox") => Self::Firefox,
            Ok("chrome") | Err(_) => Self::Chrome,
            Ok(other) => panic!("EVERTOKEN_BROWSER is {other:?}: write chrome or firefox"),
        }
    }

    fn command(self) -> (String, &'static str) {
        let (variable, name, port) = match self {
            Self::Chrome => ("CHROMEDRIVER", "chromedriver", "--port=0"),
            Self::Firefox => ("GECKODRIVER", "geckodriver", "--port=0"),
        };
        (
            std::env::var(variable).unwrap_or_else(|_| name.to_owned()),
            port,
        )
    }
}

/// A running driver. It and every browser it started end with it.
#[derive(Debug)]
pub(crate) struct Driver {
    child: Child,
    pub(crate) url: String,
}

impl Driver {
    /// Starts a driver on a free port of its own choice.
    pub(crate) async fn start(kind: Kind) -> Self {
        let (program, port) = kind.command();
        let mut child = Command::new(&program)
            .arg(port)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // A group of its own, so that the browsers it starts can be ended with it.
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "{program} does not start ({error}): install it, or run `cargo xtask test e2e`"
                )
            });
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let port = loop {
            let line = lines
                .next_line()
                .await
                .expect("it prints text")
                .expect("it says its port");
            if let Some(port) = port_in(&line) {
                break port;
            }
        };
        // It must be able to go on printing.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self {
            child,
            url: format!("http://127.0.0.1:{port}"),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = self
            .child
            .id()
            .and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(group) = group {
            // If it has ended by itself there is nothing left to end.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// "ChromeDriver was started successfully on port 1234." and "Listening on 127.0.0.1:1234".
fn port_in(line: &str) -> Option<u16> {
    let said = line.contains("started successfully") || line.contains("Listening on");
    let digits = line
        .rsplit(|c: char| !c.is_ascii_digit())
        .find(|part| !part.is_empty())?;
    if said { digits.parse().ok() } else { None }
}
