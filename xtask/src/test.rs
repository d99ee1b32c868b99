//! Every test there is, in one command.
//!
//! The parts run in the order in which a mistake is cheapest to find: lints, the machine without I/O, the mock
//! server, the browser shell, the package, and last the whole of it in a real browser. A part that breaks off counts as
//! one failure and the next ones still run. A part in which nothing ran is a failure: it is how a test suite
//! that has stopped being called looks. The last line says how many tests there were.
//!
//! What needs a browser runs in each there is a driver for, unless one is named. What cannot run here for want of a
//! browser or of Redis is skipped aloud, and the command then does not succeed. Where `CI` is set nothing may be skipped, not
//! even a test that is marked to be ignored.

use std::fmt;
use std::path::PathBuf;

use crate::browser::Browser;
use crate::demo;
use crate::example;
use crate::files::{self, Scratch};
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
}

/// What runs by itself: a part, in one browser where it needs one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    Lint,
    Core,
    Mock,
    Npm,
    Wasm(Browser),
    E2e(Browser),
}

impl Job {
    /// All that was asked for, in order.
    fn list(only: Option<Part>, browser: Option<Browser>) -> Vec<Self> {
        let browsers = browser.map_or_else(|| Browser::ALL.to_vec(), |browser| vec![browser]);
        let parts = Part::ALL.into_iter();
        parts
            .filter(|part| only.is_none_or(|only| only == *part))
            .flat_map(|part| match part {
                Part::Lint => vec![Self::Lint],
                Part::Core => vec![Self::Core],
                Part::Mock => vec![Self::Mock],
                Part::Npm => vec![Self::Npm],
                Part::Wasm => browsers.iter().copied().map(Self::Wasm).collect(),
                Part::E2e => browsers.iter().copied().map(Self::E2e).collect(),
            })
            .collect()
    }

    /// Installs what may be installed, or names what is missing.
    fn ready(self, place: &Place) -> Done {
        match self {
            Self::Wasm(browser) | Self::E2e(browser) => browser.ready(place).map(drop),
            Self::Mock => tools::redis(),
            Self::Lint | Self::Core | Self::Npm => Ok(()),
        }
    }

    fn run(self, place: &Place) -> Done<Tally> {
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
            Self::Npm => npm(place),
            Self::Wasm(browser) => wasm(place, browser),
            Self::E2e(browser) => e2e(place, browser),
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lint => f.pad(Part::Lint.name()),
            Self::Core => f.pad(Part::Core.name()),
            Self::Mock => f.pad(Part::Mock.name()),
            Self::Npm => f.pad(Part::Npm.name()),
            Self::Wasm(browser) => f.pad(&[Part::Wasm.name(), browser.name()].join(" ")),
            Self::E2e(browser) => f.pad(&[Part::E2e.name(), browser.name()].join(" ")),
        }
    }
}

/// Runs one part or all, in one browser or all; says whether everything ran and passed.
pub(crate) fn test(place: &Place, only: Option<Part>, browser: Option<Browser>) -> Done<bool> {
    let ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
    let mut complete = true;
    let mut tallies = Vec::new();
    for job in Job::list(only, browser) {
        say::step(&format!("Part {job}"));
        let tally = match job.ready(place).err() {
            Some(stop) if only.is_none() && !ci => {
                say::note(&format!("Skipped: {job}. {stop}"));
                complete = false;
                Tally::SKIP
            }
            Some(stop) => failure(&stop),
            None => or_failure(job.run(place).and_then(|tally| at_least_one(job, tally))),
        };
        if ci && tally.skipped > 0 {
            say::note(&format!("{job}: where CI is set, nothing may be skipped."));
            complete = false;
        }
        tallies.push((job, tally));
    }

    let mut total = Tally::default();
    say::answer("");
    for (job, tally) in tallies {
        say::answer(&format!("{job:<12} {tally}"));
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
            .arg("--outdir=.test")
            .quiet()?
            .or_stop("The package's tests did not bundle: what esbuild said is above.")?;
        let mock = demo::mock(place)?;
        let run = Run::new("node")
            .env("EVERTOKEN_MOCK_BIN", mock)
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
    Ok(tally)
}

/// The built package in a real browser, against the mock server.
fn e2e(place: &Place, browser: Browser) -> Done<Tally> {
    let driver = browser.ready(place)?;
    package::build(place)?;
    let run = cargo_test(place, "evertoken-tests")
        .env("EVERTOKEN_BROWSER", browser.name())
        .env("EVERTOKEN_TARBALL", package::pack(place)?)
        .env("EVERTOKEN_EXAMPLES", example::all_ready(place)?)
        .env(browser.driver_variable(), driver)
        .env("RUST_TEST_THREADS", threads().to_string());
    counted(run)
}

/// How many browser tests run beside each other. Each waits as often as it computes, so one more than there are cores.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get) + 1
}

fn cargo_test(place: &Place, package: &str) -> Run {
    run::cargo()
        .args(["test", "--package", package, "--locked", "--no-fail-fast"])
        .dir(place.root())
}

/// Runs tests, shows what they say, and counts.
fn counted(run: Run) -> Done<Tally> {
    let mut tally = Tally::default();
    // The profile of a browser that ends by being killed stays, and has tens of megabytes.
    let scratch = Scratch::new()?;
    let ok = run.env("TMPDIR", scratch.path()).lines(|line| {
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
fn at_least_one(job: Job, tally: Tally) -> Done<Tally> {
    if tally.passed > 0 || tally.failed > 0 {
        return Ok(tally);
    }
    Err(Stop::new(format!(
        "No test ran in {job}: there must be some."
    )))
}

fn or_failure(part: Done<Tally>) -> Tally {
    part.unwrap_or_else(|stop| failure(&stop))
}

fn failure(stop: &Stop) -> Tally {
    say::note(&stop.to_string());
    Tally::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_a_browser_runs_in_each_unless_one_is_named() {
        let both = [Job::E2e(Browser::Chrome), Job::E2e(Browser::Firefox)];
        assert_eq!(Job::list(Some(Part::E2e), None), both);
        let one = [Job::Wasm(Browser::Firefox)];
        assert_eq!(Job::list(Some(Part::Wasm), Some(Browser::Firefox)), one);
        let names: Vec<_> = Job::list(None, None).iter().map(Job::to_string).collect();
        let wasm = ["lint", "core", "mock", "wasm chrome", "wasm firefox", "npm"];
        assert_eq!(names, [&wasm[..], &["e2e chrome", "e2e firefox"]].concat());
    }
}
