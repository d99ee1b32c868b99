//! The demo: the page in examples/demo and the mock server, on one port.
//!
//! The page is assembled from its own files and the built package, under `evertoken/`, and the mock server
//! serves both it and its own endpoints, so there is one origin and nothing to configure. The
//! port is tried before anything is built: to hear after minutes that it was taken would be unkind.

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::files;
use crate::package;
use crate::place::Place;
use crate::run::{self, Run};
use crate::say::{self, Alive, Done, Stop};
use crate::signals;
use crate::tools;

/// The mock server's own default.
pub(crate) const PORT: u16 = 4000;

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
    let page = assemble(place)?;
    serve(&place.target().join("debug").join(mock), &page, port, open)
}

fn free(port: u16) -> Done {
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

fn serve(mock: &Path, page: &Path, port: u16, open: bool) -> Done {
    let mut server = Run::new(mock)
        .args(["--port", &port.to_string(), "--static"])
        .arg(page)
        .in_background()?;
    let mut line = String::new();
    // Kept until the end: a server whose output has nowhere to go might stumble over it.
    let mut output = server.child().stdout.take().map(BufReader::new);
    if let Some(output) = &mut output {
        let _alive = Alive::start();
        // If it ends without a word, there is nothing to read, and that is said below.
        let _ = output.read_line(&mut line);
    }
    let Ok(Line::Ready { url }) = serde_json::from_str(&line) else {
        return Err(Stop::new(
            "The mock server did not start: what it said is above.",
        ));
    };
    signals::serve_until_asked();
    say::answer(&format!(
        "\n  {url}\n\n  Sign in as user@example.com or admin@example.com, both with the password `password`.\n  \
         Ctrl-C ends it.\n"
    ));
    if open {
        show(&url);
    }
    let ended_well = server.wait().is_ok_and(|status| status.success());
    if ended_well || signals::asked_to_end() {
        return Ok(());
    }
    Err(Stop::new(
        "The mock server ended by itself: what it said is above.",
    ))
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
