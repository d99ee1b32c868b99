//! Every test there is, in one command.
//!
//! The parts run in the order in which a mistake is cheapest to find: lints, the machine without I/O, the mock
//! server, the browser shell, the package, and last the whole of it in a real browser. A part that breaks off counts as
//! one failure and the next ones still run. A part in which nothing ran is a failure: it is how a test suite
//! that has stopped being called looks. The last line says how many tests there were.
//!
//! What cannot run here for want of a browser or of Redis is skipped aloud, and the command then does not succeed. Where `CI` is set
//! nothing may be skipped, not even a test that is marked to be ignored.

use std::path::PathBuf;

use crate::browser::Browser;
use crate::files;
use crate::lint;
use crate::package;
use crate::place::Place;
use crate::run::{self, Run};
use crate::say::{self, Done, Stop};
use crate::tally::Tally;
use crate::tools;

/// How long the tests of one file may take in the browser, in seconds. wasm-bindgen's own 20 are too few for ten
/// thousand calls on a slow machine; a page that hangs is still found.
const BROWSER_SECONDS: &str = "300";

/// What can be tested by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Lint,
    Core,
    Mock,
    Wasm,
    Npm,
    E2e,
}

impl Part {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 6] = [
        Self::Lint,
        Self::Core,
        Self::Mock,
        Self::Wasm,
        Self::Npm,
        Self::E2e,
    ];

    /// Its word on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Core => "core",
            Self::Mock => "mock",
            Self::Wasm => "wasm",
            Self::Npm => "npm",
            Self::E2e => "e2e",
        }
    }

    /// Installs what may be installed, or names what is missing.
    fn ready(self, place: &Place, browser: Browser) -> Done {
        match self {
            Self::Wasm | Self::E2e => browser.ready(place).map(drop),
            Self::Mock => tools::redis(),
            Self::Lint | Self::Core | Self::Npm => Ok(()),
        }
    }

    fn run(self, place: &Place, browser: Browser) -> Done<Tally> {
        match self {
            Self::Lint => {
                let mut tally = or_failure(lint::rust(place));
                tally += or_failure(lint::typescript(place));
                tally += or_failure(rust(place, "xtask"));
                Ok(tally)
            }
            Self::Core => {
                let mut tally = or_failure(rust(place, "evertoken-core"));
                tally += or_failure(rust(place, "evertoken-sim"));
                Ok(tally)
            }
            Self::Mock => rust(place, "evertoken-mock"),
            Self::Wasm => wasm(place, browser),
            Self::Npm => npm(place),
            Self::E2e => e2e(place, browser),
        }
    }
}

/// Runs one part or all; says whether everything ran and passed.
pub(crate) fn test(place: &Place, only: Option<Part>, browser: Browser) -> Done<bool> {
    let ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
    let mut complete = true;
    let mut tallies = Vec::new();
    for part in Part::ALL {
        if only.is_some_and(|only| only != part) {
            continue;
        }
        say::step(&format!("Part {}", part.name()));
        let tally = match part.ready(place, browser).err() {
            Some(stop) if only.is_none() && !ci => {
                say::note(&format!("Skipped: {}. {stop}", part.name()));
                complete = false;
                Tally::SKIP
            }
            Some(stop) => failure(&stop),
            None => or_failure(
                part.run(place, browser)
                    .and_then(|tally| at_least_one(part, tally)),
            ),
        };
        if ci && tally.skipped > 0 {
            say::note(&format!(
                "{}: where CI is set, nothing may be skipped.",
                part.name()
            ));
            complete = false;
        }
        tallies.push((part, tally));
    }

    let mut total = Tally::default();
    say::answer("");
    for (part, tally) in tallies {
        say::answer(&format!("{:<5} {tally}", part.name()));
        total += tally;
    }
    say::answer(&format!("\n{total}"));
    Ok(complete && total.failed == 0)
}

fn rust(place: &Place, package: &str) -> Done<Tally> {
    tools::crates(place)?;
    counted(cargo_test(place, package))
}

/// The browser shell's own tests, in the browser.
fn wasm(place: &Place, browser: Browser) -> Done<Tally> {
    let driver = browser.ready(place)?;
    tools::wasm_target()?;
    tools::crates(place)?;
    tools::WASM_BINDGEN.ensure(place)?;
    tools::WASM_PACK.ensure(place)?;
    let run = Run::new(place.target().join("tools/bin/wasm-pack"))
        // It would look for a newer version of wasm-bindgen; the one beside it is right.
        .args(["test", "--mode", "no-install", "--headless"])
        .args([
            format!("--{}", browser.name()),
            format!("--{}", browser.driver_name()),
        ])
        .arg(driver)
        .arg(place.root().join("client-wasm"))
        .args(["--features", "js", "--locked"])
        .env("PATH", tools::path_with_tools(place)?)
        .env("WASM_BINDGEN_TEST_TIMEOUT", BROWSER_SECONDS)
        .dir(place.root());
    counted(run)
}

/// The package by itself, in Node: its types, its tests, and what would be published.
fn npm(place: &Place) -> Done<Tally> {
    let mut tally = lint::typescript(place)?;
    let npm = place.npm();
    let built = npm.join(".test");
    files::remove(&built)?;
    let tests: Vec<PathBuf> = files::tree(&npm.join("test"))?
        .into_keys()
        .filter(|path| {
            path.file_stem()
                .is_some_and(|stem| stem.to_string_lossy().ends_with(".test"))
        })
        .map(|path| npm.join("test").join(path))
        .collect();
    if !tests.is_empty() {
        package::esbuild(place)
            .args(tests)
            // The package is imported by its name, so what is tested is what `exports` leads to.
            .args([
                "--bundle",
                "--packages=external",
                "--platform=node",
                "--format=esm",
            ])
            .args([
                "--target=node20",
                "--sourcemap",
                "--out-extension:.js=.mjs",
                "--outbase=test",
            ])
            .args(["--loader:.wasm=binary", "--outdir=.test"])
            .quiet()?
            .or_stop("The package's tests did not bundle: what esbuild said is above.")?;
        let run = Run::new("node")
            .args(["--enable-source-maps", "--test", "--test-reporter=spec"])
            .args(
                files::tree(&built)?
                    .into_keys()
                    .filter(|path| path.extension() == Some("mjs".as_ref())),
            )
            .dir(&built);
        tally += counted(run)?;
    }
    tally += lint::check(
        "publint",
        Run::new(place.npm_bin("publint")).arg("--strict").dir(&npm),
    )?;
    tally += lint::check(
        "attw",
        Run::new(place.npm_bin("attw"))
            .args(["--pack", ".", "--profile", "esm-only"])
            // Whoever asks for it has a loader for it; there are no types of bytes.
            .args(["--exclude-entrypoints", "engine.wasm"])
            .dir(&npm),
    )?;
    say::step("npm pack --dry-run");
    tally += or_failure(package::check_packed(place).map(|()| Tally::default()));
    Ok(tally)
}

/// The built package in a real browser, against the mock server.
fn e2e(place: &Place, browser: Browser) -> Done<Tally> {
    let driver = browser.ready(place)?;
    package::build(place)?;
    let run = cargo_test(place, "evertoken-tests")
        .env("EVERTOKEN_BROWSER", browser.name())
        .env("EVERTOKEN_TARBALL", package::pack(place)?)
        .env(browser.driver_variable(), driver);
    counted(run)
}

fn cargo_test(place: &Place, package: &str) -> Run {
    run::cargo()
        .args(["test", "--package", package, "--locked", "--no-fail-fast"])
        .dir(place.root())
}

/// Runs tests, shows what they say, and counts.
fn counted(run: Run) -> Done<Tally> {
    let mut tally = Tally::default();
    let ok = run.lines(|line| {
        tally.read(line);
        say::answer(line);
    })?;
    if !ok && tally.failed == 0 {
        tally += failure(&Stop::new(
            "The tests broke off before they could count: see above.",
        ));
    }
    Ok(tally)
}

/// A part in which no test ran is not in order, whatever its checks said.
fn at_least_one(part: Part, tally: Tally) -> Done<Tally> {
    if tally.passed > 0 || tally.failed > 0 {
        return Ok(tally);
    }
    Err(Stop::new(format!(
        "No test ran in {}: there must be some.",
        part.name()
    )))
}

fn or_failure(part: Done<Tally>) -> Tally {
    part.unwrap_or_else(|stop| failure(&stop))
}

fn failure(stop: &Stop) -> Tally {
    say::note(&stop.to_string());
    Tally::FAILURE
}
