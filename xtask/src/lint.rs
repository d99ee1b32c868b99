//! What can be said of the sources without running them: formatting, lints, documentation, types.
//!
//! Every check runs, whatever became of the one before, so that one run shows all there is to mend.

use crate::example;
use crate::package;
use crate::place::Place;
use crate::run::{self, Run};
use crate::say::{self, Done};
use crate::tally::Tally;
use crate::tools;

/// Folders with sources that prettier formats.
const PRETTY: [&str; 6] = [
    "npm",
    "docs",
    "examples",
    "client-wasm",
    "mock-server",
    "tests",
];

/// The Rust of all rooms.
pub(crate) fn rust(place: &Place) -> Done<Tally> {
    tools::wasm_target()?;
    tools::crates(place)?;
    let cargo = |args: &[&str]| run::cargo().args(args).dir(place.root());
    let wasm = ["--target", "wasm32-unknown-unknown", "--features", "js"];
    let deny = ["--", "--deny", "warnings"];

    let mut tally = Tally::default();
    tally += check("cargo fmt", cargo(&["fmt", "--all", "--check"]))?;
    tally += check(
        "cargo clippy",
        cargo(&["clippy", "--workspace", "--all-targets", "--locked"]).args(deny),
    )?;
    tally += check(
        "cargo clippy, the browser shell as WebAssembly",
        cargo(&[
            "clippy",
            "--package",
            "evertoken",
            "--all-targets",
            "--locked",
        ])
        .args(wasm)
        .args(deny),
    )?;
    let yew = place.root().join("examples/yew");
    tally += check(
        "cargo fmt, the example in Rust",
        run::cargo().args(["fmt", "--check"]).dir(&yew),
    )?;
    tally += check(
        "cargo clippy, the example in Rust",
        run::cargo()
            .args(["clippy", "--locked", "--target", "wasm32-unknown-unknown"])
            .arg("--target-dir")
            .arg(example::rust_target(place))
            .args(deny)
            .dir(&yew),
    )?;
    tally += check(
        "cargo doc",
        cargo(&["doc", "--workspace", "--no-deps", "--locked"])
            .env("RUSTDOCFLAGS", "--deny warnings"),
    )?;
    Ok(tally)
}

/// The TypeScript and what is written beside it. The types of the engine are generated, so this builds it.
pub(crate) fn typescript(place: &Place) -> Done<Tally> {
    {
        let _turn = place.turn()?;
        tools::node_modules(place)?;
    }
    let prettier = Run::new(place.npm_bin("prettier"))
        .args([
            "--check",
            "--log-level=warn",
            "--no-error-on-unmatched-pattern",
        ])
        .args([
            "--config",
            "npm/.prettierrc.json",
            "--ignore-path",
            ".gitignore",
        ])
        .args(
            PRETTY
                .into_iter()
                .filter(|dir| place.root().join(dir).is_dir()),
        )
        .dir(place.root());
    let mut tally = check("prettier (`npm run format` in npm/ mends it)", prettier)?;
    package::build(place)?;
    let tsc = Run::new(place.npm_bin("tsc")).args(["--project", "tsconfig.test.json"]);
    tally += check("tsc", tsc.dir(&place.npm()))?;
    Ok(tally)
}

/// Runs something that is not a test; it counts only if it fails.
pub(crate) fn check(name: &str, run: Run) -> Done<Tally> {
    say::step(name);
    if run.loud()? {
        return Ok(Tally::default());
    }
    say::note(&format!("{name}: not in order, see above."));
    Ok(Tally::FAILURE)
}
