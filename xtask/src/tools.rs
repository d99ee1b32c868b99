//! The tools that are not Rust crates of this workspace: what must be there, and what is fetched.
//!
//! Rust programs that tests need are installed with cargo into the target folder, at pinned versions, so
//! that nothing of the machine's own is changed or relied upon.

use std::path::{Path, PathBuf};

use crate::debian;
use crate::files;
use crate::place::Place;
use crate::run::{self, Run};
use crate::say::{self, Done, Stop};
use crate::stamp::Step;

/// The oldest Node that the package supports and its tools run on.
const NODE: u32 = 20;

/// A Rust program that tests need.
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
    /// Whether its own lock file can be used.
    locked: bool,
}

/// Runs the browser shell's tests.
pub(crate) const WASM_PACK: Tool = Tool {
    name: "wasm-pack",
    version: "0.15.1",
    locked: true,
};

/// What wasm-pack runs tests with: the version of `wasm-bindgen` in Cargo.toml. It only builds without
/// its own lock file.
pub(crate) const WASM_BINDGEN: Tool = Tool {
    name: "wasm-bindgen-cli",
    version: "0.2.130",
    locked: false,
};

/// Drives Firefox.
pub(crate) const GECKODRIVER: Tool = Tool {
    name: "geckodriver",
    version: "0.37.1",
    locked: true,
};

impl Tool {
    /// Installs it, unless this version is there.
    pub(crate) fn ensure(&self, place: &Place) -> Done {
        let Self {
            name,
            version,
            locked,
        } = self;
        let root = place.target().join("tools");
        let installed = files::tree(&root.join(".crates.toml"))?
            .into_values()
            .next();
        let entry = format!("\"{name} {version} ");
        if installed.is_some_and(|list| String::from_utf8_lossy(&list).contains(&entry)) {
            return Ok(());
        }
        say::step(&format!(
            "Installing {name} {version} into the target folder (some minutes)"
        ));
        let finished = run::cargo()
            .args([
                "install",
                name,
                "--version",
                &format!("={version}"),
                "--root",
            ])
            .arg(&root)
            .args(locked.then_some("--locked"))
            .quiet()?;
        finished
            .or_offline(
                "cargo install",
                &format!("{name} {version} did not build: what cargo said is above."),
            )
            .map(drop)
    }
}

/// The search path with the installed tools first.
pub(crate) fn path_with_tools(place: &Place) -> Done<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let tools = place.target().join("tools/bin");
    std::env::join_paths(std::iter::once(tools).chain(std::env::split_paths(&path)))
        .map_err(|error| Stop::new(format!("PATH cannot be extended: {error}.")))
}

/// Where a program is, if it is on the search path.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
}

/// The Redis that the mock server's tests start for themselves.
pub(crate) fn redis() -> Done {
    if find("redis-server").is_none() && debian::is_root()? {
        debian::install(&["redis-server"])?;
    }
    if find("redis-server").is_none() {
        return Err(Stop::new(
            "redis-server is needed: install it (on Debian: `apt install redis-server`) and run this again.",
        ));
    }
    Ok(())
}

/// Fetches the crates of the workspace, so that a missing network is one sentence and not cargo's many.
pub(crate) fn crates(place: &Place) -> Done {
    let root = place.root();
    let step = Step {
        name: "crates",
        title: "Fetching crates",
        inputs: vec![root.join("Cargo.lock")],
        outputs: Vec::new(),
    };
    step.once(place, || {
        let finished = run::cargo().args(["fetch", "--locked"]).dir(root).quiet()?;
        finished
            .or_offline(
                "cargo fetch",
                "The crates could not be fetched: what cargo said is above.",
            )
            .map(drop)
    })
}

/// The compiler's WebAssembly target, which rust-toolchain.toml brings where rustup reads it.
pub(crate) fn wasm_target() -> Done {
    const TARGET: &str = "wasm32-unknown-unknown";
    let libraries = Run::new("rustc").args(["--print", "target-libdir", "--target", TARGET]);
    let libraries = libraries
        .quiet()?
        .or_stop("`rustc` does not run: install Rust with rustup.")?;
    if PathBuf::from(libraries.trim()).is_dir() {
        return Ok(());
    }
    if find("rustup").is_none() {
        return Err(Stop::new(format!(
            "Rust's target {TARGET} is missing: install Rust with rustup, or add that target."
        )));
    }
    say::step(&format!(
        "Adding Rust's target {TARGET} (rustup target add)"
    ));
    let finished = Run::new("rustup").args(["target", "add", TARGET]).quiet()?;
    finished
        .or_offline(
            "rustup target add",
            "rustup could not add it: what it said is above.",
        )
        .map(drop)
}

/// Node, and npm beside it.
pub(crate) fn node() -> Done {
    let missing =
        format!("Node {NODE} or newer is needed, with npm: install it and run this again.");
    if find("node").is_none() || find("npm").is_none() {
        return Err(Stop::new(missing));
    }
    let version = Run::new("node")
        .arg("--version")
        .quiet()?
        .or_stop(&missing)?;
    let major = version.trim().trim_start_matches('v').split('.').next();
    match major.and_then(|major| major.parse::<u32>().ok()) {
        Some(major) if major >= NODE => Ok(()),
        Some(_) | None => Err(Stop::new(format!(
            "This is Node {}. {missing}",
            version.trim()
        ))),
    }
}

/// The npm package's development dependencies, exactly as its lock file has them.
pub(crate) fn node_modules(place: &Place) -> Done {
    packages(
        place,
        &place.npm(),
        "node-modules",
        "Installing the npm package's tools (npm ci)",
    )
}

/// What the mock server is measured beside.
pub(crate) fn peers(place: &Place) -> Done {
    packages(
        place,
        &place.root().join("mock-server/bench/peers"),
        "peers",
        "Installing the mock server's peers (npm ci)",
    )
}

/// What the lock file of a folder names.
fn packages(place: &Place, folder: &Path, name: &'static str, title: &'static str) -> Done {
    node()?;
    let step = Step {
        name,
        title,
        inputs: ["package.json", "package-lock.json", ".npmrc"]
            .map(|file| folder.join(file))
            .into(),
        outputs: vec![folder.join("node_modules/.package-lock.json")],
    };
    step.once(place, || {
        let finished = Run::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .dir(folder)
            .quiet()?;
        finished
            .or_offline(
                "npm ci",
                "The npm packages could not be installed: what npm said is above.",
            )
            .map(drop)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_runner_is_of_the_version_that_the_engine_is_built_with() {
        let locked = format!(
            "name = \"wasm-bindgen\"\nversion = \"{}\"\n",
            WASM_BINDGEN.version
        );
        assert!(include_str!("../../Cargo.lock").contains(&locked));
    }
}
