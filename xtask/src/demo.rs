//! The demo: the page in examples/demo and the mock server, on one port.
//!
//! The page is assembled from its own files and the built package, under `evertoken/`, and the mock server
//! serves both it and its own endpoints, so there is one origin and nothing to configure. The
//! port is tried before anything is built: to hear after minutes that it was taken would be unkind. The README's
//! pictures are taken of the same page, so that they show what it is and not what it was.

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::browser::Browser;
use crate::files;
use crate::package;
use crate::place::Place;
use crate::run::{self, Run};
use crate::say::{self, Alive, Done, Stop};
use crate::signals::{self, Group};
use crate::tools;

/// The mock server's own default.
pub(crate) const PORT: u16 = 4000;

/// Long enough to look at a token, short enough to see it expire.
const ACCESS_TTL: &str = "60s";

/// Pictures are loaded with the README, on whatever line.
const LARGEST_PICTURE: usize = 200_000;

/// The only line that the mock server prints.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line {
    Ready { url: String },
}

/// Builds and serves it until asked to end.
pub(crate) fn demo(place: &Place, port: u16, open: bool) -> Done {
    free(port)?;
    package::build(place)?;
    let mock = mock(place)?;
    let page = assemble(place)?;
    serve(&mock, &page, port, "", open)
}

/// The mock server as a program.
pub(crate) fn mock(place: &Place) -> Done<PathBuf> {
    say::step("Compiling the mock server");
    let mock = "evertoken-mock";
    let compiled = run::cargo()
        .args(["build", "--package", mock, "--bin", mock, "--locked"])
        .dir(place.root())
        .loud()?;
    if !compiled {
        return Err(Stop::new(
            "The mock server did not compile: the compiler's message is above.",
        ));
    }
    let file = format!("{mock}{}", std::env::consts::EXE_SUFFIX);
    Ok(place.target().join("debug").join(file))
}

/// Takes the README's pictures of the page, in the browser that the tests use.
pub(crate) fn screenshots(place: &Place) -> Done {
    let driver = Browser::Chrome.ready(place)?;
    package::build(place)?;
    let page = assemble(place)?;
    let kept = place.root().join("screenshots");
    say::step("Taking pictures of the demo page (a minute)");
    let taken = run::cargo()
        .args([
            "run",
            "--package",
            "evertoken-tests",
            "--bin",
            "screenshots",
        ])
        .args(["--locked", "--"])
        .args([&page, &kept])
        .env(Browser::Chrome.driver_variable(), driver)
        .env("EVERTOKEN_BROWSER", Browser::Chrome.name())
        .dir(place.root())
        .loud()?;
    if !taken {
        return Err(Stop::new(
            "The pictures were not taken: what went wrong is above.",
        ));
    }
    let mut total = 0;
    for (path, content) in files::tree(&kept)? {
        total += content.len();
        if content.len() > LARGEST_PICTURE {
            return Err(Stop::new(format!(
                "{} has {} bytes, more than {LARGEST_PICTURE}: take less of the page.",
                path.display(),
                content.len()
            )));
        }
    }
    say::answer(&format!("{}: {total} bytes in all", kept.display()));
    Ok(())
}

pub(crate) fn free(port: u16) -> Done {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(Stop::new(format!(
            "Port {port} is not yours to use: choose one above 1023 with `--port N`."
        ))),
        Err(_) => Err(Stop::new(format!(
            "Port {port} is taken: end what uses it, or choose another with `--port N`."
        ))),
    }
}

fn assemble(place: &Place) -> Done<PathBuf> {
    let mut files = files::tree(&place.root().join("examples/demo"))?;
    if !files.contains_key(Path::new("index.html")) {
        return Err(Stop::new(
            "examples/demo/index.html is missing: there is no page to show.",
        ));
    }
    for (path, content) in files::tree(&place.npm().join("dist"))? {
        files.insert(Path::new("evertoken").join(path), content);
    }
    let page = place.target().join("demo");
    files::settle(&page, &files)?;
    Ok(page)
}

/// Serves this folder until asked to end, and says where in it the page is.
pub(crate) fn serve(mock: &Path, folder: &Path, port: u16, page: &str, open: bool) -> Done {
    let (mut server, url) = started(mock, port, Some(folder))?;
    signals::serve_until_asked();
    say_where(&format!("{url}{page}"), open);
    let ended_well = server.wait().is_ok_and(|status| status.success());
    if ended_well || signals::asked_to_end() {
        return Ok(());
    }
    Err(Stop::new(
        "The mock server ended by itself: what it said is above.",
    ))
}

/// A running mock server, and where it is.
pub(crate) fn started(mock: &Path, port: u16, folder: Option<&Path>) -> Done<(Group, String)> {
    let mut run = Run::new(mock).args(["--port", &port.to_string(), "--access-ttl", ACCESS_TTL]);
    if let Some(folder) = folder {
        run = run.arg("--static").arg(folder);
    }
    // A line a request would push the address off the screen.
    if std::env::var_os("RUST_LOG").is_none() {
        run = run.env("RUST_LOG", "warn");
    }
    let mut server = run.in_background()?;
    let mut line = String::new();
    // Not taken from it: a server whose output has nowhere to go might stumble over it.
    if let Some(output) = &mut server.child().stdout {
        let _alive = Alive::start();
        // If it ends without a word, there is nothing to read, and that is said below.
        let _ = BufReader::new(output).read_line(&mut line);
    }
    let Ok(Line::Ready { url }) = serde_json::from_str(&line) else {
        return Err(Stop::new(
            "The mock server did not start: what it said is above.",
        ));
    };
    Ok((server, url))
}

/// Says where the page is and who may sign in there.
pub(crate) fn say_where(url: &str, open: bool) {
    say::answer(&format!(
        "\n  {url}\n\n  Sign in as user@example.com or admin@example.com, both with the password `password`.\n  \
         Ctrl-C ends it.\n"
    ));
    if open {
        show(url);
    }
}

/// Opens the browser, where there is one; otherwise the address on the screen is enough.
fn show(url: &str) {
    let desktop = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    if tools::find(opener).is_none() || !(desktop || cfg!(target_os = "macos")) {
        return;
    }
    // Not one of our own: the browser stays when the demo ends.
    let _ = Command::new(opener)
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
}
