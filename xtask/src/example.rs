//! The examples: each a folder of `examples/`, run by one word.
//!
//! An example is what its reader would have: its own files, and beside them, in `node_modules`, the packed package and
//! what else the lock file names. All of it is put together in the target folder, so that nothing is installed
//! into the sources. One whose package.json says how is built, and started with `npm start`, which is told by
//! `PORT` where to listen and by `BACKEND` where the mock server is; any other is a page as it is, which the mock server
//! serves at `/NAME/`. One with a Cargo.toml is compiled for that page. The tests use the same.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde_json::Value;
use wasm_bindgen_cli_support::Bindgen;

use crate::demo;
use crate::files;
use crate::package;
use crate::place::Place;
use crate::run::{self, Run};
use crate::say::{self, Alive, Done, Stop};
use crate::signals;
use crate::stamp::Step;
use crate::tools;

/// The page that has a command of its own.
const DEMO: &str = "demo";

/// What the root of the workspace and every example need before anything can be installed.
const MANIFESTS: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];

/// What people make who try an example in its folder.
const MADE: [&str; 4] = ["node_modules", "dist", ".next", "target"];

/// Brings its backend along.
const OWN_BACKEND: &str = "express-backend";

/// Builds and serves one until asked to end.
pub(crate) fn example(place: &Place, name: &str, port: u16, open: bool) -> Done {
    let names = names(place)?;
    if !names.iter().any(|one| one == name) {
        return Err(Stop::new(format!(
            "There is no example `{name}`: there are {}.",
            names.join(", ")
        )));
    }
    demo::free(port)?;
    let all = ready(place, &[name.to_owned()])?;
    if !has_script(&all.join(name), "start")? {
        let mock = demo::mock(place)?;
        return demo::serve(&mock, &all, port, &format!("/{name}/"), open);
    }
    let mut start =
        npm(&all, &["start", "--silent", "--workspace", name]).env("PORT", port.to_string());
    let _backend = if name == OWN_BACKEND {
        None
    } else {
        let (server, url) = demo::started(&demo::mock(place)?, 0, None)?;
        start = start.env("BACKEND", url);
        Some(server)
    };
    let mut server = start.in_background()?;
    signals::serve_until_asked();
    if let Some(output) = server.child().stdout.take() {
        let mut is_there = false;
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            match line.find("http://127.0.0.1:") {
                Some(at) if !is_there => {
                    is_there = true;
                    demo::say_where(line.split_at(at).1.trim_end(), open);
                }
                Some(_) | None => say::note(&line),
            }
        }
    }
    let ended_well = server.wait().is_ok_and(|status| status.success());
    if ended_well || signals::asked_to_end() {
        return Ok(());
    }
    Err(Stop::new(format!(
        "The example `{name}` ended by itself: what it said is above."
    )))
}

/// Puts all of them together, for the tests; gives the folder.
pub(crate) fn all_ready(place: &Place) -> Done<PathBuf> {
    ready(place, &names(place)?)
}

/// Every example there is.
fn names(place: &Place) -> Done<Vec<String>> {
    let folder = place.root().join("examples");
    let entries = std::fs::read_dir(&folder).map_err(|error| Stop::io("list", &folder, &error))?;
    let mut names: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("README.md").is_file())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .filter(|name| name != DEMO)
        .collect();
    names.sort();
    Ok(names)
}

fn ready(place: &Place, names: &[String]) -> Done<PathBuf> {
    package::build(place)?;
    let tarball = package::pack(place)?;
    let _turn = place.turn()?;
    let sources = place.root().join("examples");
    let all = place.target().join("examples");
    files::write(
        &all.join("style.css"),
        &files::read(&sources.join("style.css"))?,
    )?;
    let mut needs_npm = false;
    for name in names {
        needs_npm |= sources.join(name).join("package.json").is_file();
    }
    if needs_npm {
        install(place, &sources, &all)?;
    }
    unpack(place, &tarball, &all)?;
    for name in names {
        put_together(place, &tarball, name, &sources, &all)?;
    }
    Ok(all)
}

/// What the lock file names, for all examples at once: what two of them need is there once.
fn install(place: &Place, sources: &Path, all: &Path) -> Done {
    let mut manifests = BTreeMap::new();
    for folder in names(place)?.iter().map(String::as_str).chain([""]) {
        for file in MANIFESTS.map(|file| Path::new(folder).join(file)) {
            if let Some(content) = files::tree(&sources.join(&file))?.into_values().next() {
                manifests.insert(file, content);
            }
        }
    }
    let step = Step {
        name: "examples-installed",
        title: "Installing what the examples need",
        inputs: manifests.keys().map(|file| sources.join(file)).collect(),
        outputs: vec![all.join("node_modules/.package-lock.json")],
    };
    step.once(place, || {
        for (file, content) in &manifests {
            files::write(&all.join(file), content)?;
        }
        npm(all, &["ci", "--prefer-offline", "--no-audit", "--no-fund"])
            .quiet()?
            .or_offline(
                "npm ci",
                "What the examples need was not installed: see above.",
            )
            .map(drop)
    })
}

/// The package, as npm would unpack it: it has no dependencies.
fn unpack(place: &Place, tarball: &Path, all: &Path) -> Done {
    let package = all.join("node_modules/evertoken");
    let step = Step {
        name: "examples-package",
        title: "Unpacking the package for the examples",
        inputs: vec![tarball.to_owned()],
        outputs: vec![package.clone()],
    };
    step.once(place, || {
        files::fresh(&package)?;
        Run::new("tar")
            .arg("-xzf")
            .arg(tarball)
            .args(["--strip-components=1", "-C"])
            .arg(&package)
            .quiet()?
            .or_stop("The packed package cannot be unpacked: what tar said is above.")
            .map(drop)
    })
}

/// The example's own files, and what its build makes of them.
fn put_together(place: &Place, tarball: &Path, name: &str, sources: &Path, all: &Path) -> Done {
    let (source, there) = (sources.join(name), all.join(name));
    let mut own = files::tree(&source)?;
    own.retain(|path, _| !MADE.iter().any(|made| path.starts_with(made)));
    if own.contains_key(Path::new("Cargo.toml")) {
        lay_out(&there, &own)?;
        return compile(place, name, &source, &there.join("dist"));
    }
    if !has_script(&source, "build")? {
        return lay_out(&there, &own);
    }
    let mut inputs: Vec<_> = own.keys().map(|path| source.join(path)).collect();
    inputs.extend([tarball.to_owned(), sources.join("package-lock.json")]);
    inputs.push(sources.join("style.css"));
    let step = Step {
        name: &format!("example-{name}"),
        title: &format!("Building the example {name}"),
        inputs,
        // Of what Next makes, the file that it writes when it is done: the rest is large.
        outputs: vec![
            there.join("package.json"),
            there.join("dist"),
            there.join(".next/BUILD_ID"),
        ],
    };
    step.once(place, || {
        lay_out(&there, &own)?;
        npm(all, &["run", "build", "--silent", "--workspace", name])
            .quiet()?
            .or_stop(&format!(
                "The example {name} was not built: what its build said is above."
            ))
            .map(drop)
    })
}

/// An app in Rust, whose glue wasm-bindgen writes, as it does the engine's.
fn compile(place: &Place, name: &str, source: &Path, into: &Path) -> Done {
    tools::wasm_target()?;
    say::step(&format!("Compiling the example {name}"));
    let (target, triple) = (rust_target(place), "wasm32-unknown-unknown");
    let compiled = run::cargo()
        .args(["build", "--locked", "--target", triple, "--target-dir"])
        .arg(&target)
        .dir(source)
        .loud()?;
    if !compiled {
        return Err(Stop::new(format!(
            "The example {name} did not compile: the compiler's message is above."
        )));
    }
    let module = target.join(format!("{triple}/debug/{name}-example.wasm"));
    let _alive = Alive::start();
    Bindgen::new()
        .input_path(module)
        .out_name("app")
        .typescript(false)
        // The page does not say where the module is; the glue knows that it is beside it.
        .omit_default_module_path(false)
        .web(true)
        .and_then(|bindgen| bindgen.generate(into))
        .map_err(|error| Stop::new(format!("wasm-bindgen could not write the glue: {error:#}.")))
}

/// Where examples in Rust are compiled: they are a workspace, and have profiles, of their own.
pub(crate) fn rust_target(place: &Place) -> PathBuf {
    place.target().join("examples-in-rust")
}

/// These files and no others, beside what npm may have put there.
fn lay_out(folder: &Path, own: &BTreeMap<PathBuf, Vec<u8>>) -> Done {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name() != "node_modules" {
            files::remove(&entry.path())?;
        }
    }
    for (path, content) in own {
        files::write(&folder.join(path), content)?;
    }
    Ok(())
}

/// Whether a folder's package.json has this script.
fn has_script(folder: &Path, name: &str) -> Done<bool> {
    let file = folder.join("package.json");
    let Some(content) = files::tree(&file)?.into_values().next() else {
        return Ok(false);
    };
    let manifest: Value = serde_json::from_slice(&content)
        .map_err(|error| Stop::new(format!("{} is not JSON: {error}.", file.display())))?;
    Ok(manifest.pointer(&format!("/scripts/{name}")).is_some())
}

/// npm in the workspace of all examples; nothing there asks for news or reports about us.
fn npm(all: &Path, args: &[&str]) -> Run {
    Run::new("npm")
        .args(args)
        .env("NO_COLOR", "1")
        .env("NEXT_TELEMETRY_DISABLED", "1")
        .env("NO_UPDATE_NOTIFIER", "1")
        .dir(all)
}
