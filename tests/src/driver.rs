//! The process that steers a browser.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// What holds a driver: a shell that starts it and waits for the end of its own input, which comes when the test's
/// process ends, however it ends, or lets go. Then it kills its group, in which are the driver and its browsers.
const HOLDER: &str = r#""$0" --port=0 & exec >&-; read -r _; kill -KILL 0"#;

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

    fn command(self) -> String {
        let (variable, name) = match self {
            Self::Chrome => ("CHROMEDRIVER", "chromedriver"),
            Self::Firefox => ("GECKODRIVER", "geckodriver"),
        };
        std::env::var(variable).unwrap_or_else(|_| name.to_owned())
    }
}

/// A running driver. It and every browser it started end with it.
#[derive(Debug)]
pub(crate) struct Driver {
    holder: Child,
    pub(crate) url: String,
}

impl Driver {
    /// Starts a driver on a free port of its own choice.
    pub(crate) async fn start(kind: Kind) -> Self {
        let started = tokio::task::spawn_blocking(move || Self::start_and_wait(kind)).await;
        started.expect("it starts")
    }

    fn start_and_wait(kind: Kind) -> Self {
        let program = kind.command();
        let mut holder = Command::new("sh")
            .args(["-c", HOLDER, &program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("there is a shell");
        let mut lines = BufReader::new(holder.stdout.take().expect("it is piped")).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| port_in(&line))
            .unwrap_or_else(|| {
                panic!("{program} does not start: install it, or run `cargo xtask test e2e`")
            });
        // It must be able to go on printing.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self {
            holder,
            url: format!("http://127.0.0.1:{port}"),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        // It kills itself last; there is nothing to learn from how it ended.
        let _ = self.holder.wait();
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
