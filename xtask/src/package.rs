//! The npm package: `npm/dist`, as `npm pack` takes it.
//!
//! Which entry points there are is read from package.json: what `exports` calls `./dist/NAME.js` is bundled
//! from `src/NAME.ts`. esbuild makes each one file, with the engine in it as text, so that nothing has to be
//! fetched and no bundler has to understand WebAssembly; tsc checks and writes the types. Names are shortened,
//! because every byte is paid by every visitor; the source maps give them back to whoever debugs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::engine;
use crate::files;
use crate::place::Place;
use crate::run::Run;
use crate::say::{Done, Stop};
use crate::stamp::Step;

/// What every bundle is made with.
pub(crate) const BUNDLE: [&str; 4] = ["--bundle", "--format=esm", "--target=es2022", "--minify"];

/// Pages at the root of the repository that belong into the package too.
const PAGES: [&str; 3] = ["README.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// Builds it, the engine first.
pub(crate) fn build(place: &Place) -> Done {
    let _turn = place.turn()?;
    engine::build(place)?;
    let npm = place.npm();
    let sources = [
        "package.json",
        "package-lock.json",
        "tsconfig.json",
        "src",
        "engine",
    ];
    let dist = npm.join("dist");
    let step = Step {
        name: "package",
        title: "Bundling the npm package",
        inputs: sources.map(|file| npm.join(file)).into(),
        outputs: vec![dist.clone()],
    };
    step.once(place, || {
        // Beside the real one, because source maps say where the sources are from there.
        let draft = npm.join(".draft");
        files::remove(&draft)?;
        bundle(place, &draft)?;
        declare(place, &draft)?;
        let engine = files::read(&npm.join("engine/evertoken_bg.wasm"))?;
        files::write(&draft.join("engine.wasm"), &engine)?;
        files::settle(&dist, &files::tree(&draft)?)?;
        files::remove(&draft)
    })?;
    pages(place)
}

/// The source of every entry point.
pub(crate) fn entries(place: &Place) -> Done<Vec<PathBuf>> {
    let manifest = place.npm().join("package.json");
    let wrong = |why: String| Stop::new(format!("npm/package.json: {why}."));
    let json: serde_json::Value = serde_json::from_slice(&files::read(&manifest)?)
        .map_err(|error| wrong(error.to_string()))?;
    let exports = json.get("exports").and_then(|exports| exports.as_object());
    let mut sources: Vec<_> = exports
        .into_iter()
        .flat_map(|exports| exports.values())
        .filter_map(|export| export.get("default")?.as_str())
        .filter_map(|file| file.strip_prefix("./dist/")?.strip_suffix(".js"))
        .map(|name| place.npm().join("src").join(name).with_extension("ts"))
        .collect();
    sources.sort();
    sources.dedup();
    match sources.iter().find(|source| !source.is_file()) {
        Some(missing) => Err(wrong(format!(
            "\"exports\" needs {}, which is missing",
            missing.display()
        ))),
        None if sources.is_empty() => Err(wrong("\"exports\" names no ./dist/….js".to_owned())),
        None => Ok(sources),
    }
}

/// esbuild, to be given its arguments.
pub(crate) fn esbuild(place: &Place) -> Run {
    Run::new(place.npm_bin("esbuild"))
        .arg("--log-level=warning")
        .dir(&place.npm())
}

/// Packs it as it would be published; gives the tarball.
pub(crate) fn pack(place: &Place) -> Done<PathBuf> {
    let npm = place.npm();
    let into = place.kept().join("package");
    let tarball = into.join("evertoken.tgz");
    let inputs = ["dist", "package.json"]
        .into_iter()
        .chain(PAGES)
        .map(|file| npm.join(file));
    let step = Step {
        name: "pack",
        title: "Packing the npm package",
        inputs: inputs.collect(),
        outputs: vec![tarball.clone()],
    };
    step.once(place, || {
        files::fresh(&into)?;
        let packed = npm_pack(
            place,
            Run::new("npm")
                .args(["pack", "--pack-destination"])
                .arg(&into),
        )?;
        let file = into.join(packed.filename);
        std::fs::rename(&file, &tarball).map_err(|error| Stop::io("rename", &file, &error))
    })?;
    Ok(tarball)
}

/// What npm says it packed.
#[derive(Deserialize)]
struct Packed {
    filename: String,
}

fn npm_pack(place: &Place, run: Run) -> Done<Packed> {
    let json = run.arg("--json").dir(&place.npm()).quiet()?;
    let json = json.or_stop("`npm pack` failed: what it said is above.")?;
    let packed: [Packed; 1] = serde_json::from_str(&json)
        .map_err(|error| Stop::new(format!("`npm pack` answered strangely: {error}.")))?;
    let [packed] = packed;
    Ok(packed)
}

fn bundle(place: &Place, into: &Path) -> Done {
    esbuild(place)
        .args(entries(place)?)
        .args(BUNDLE)
        // What two entry points have in common exists once, classes and state included.
        .args(["--splitting", "--sourcemap", "--packages=external"])
        .arg(assign("--outdir=", into))
        .quiet()?
        .or_stop("The TypeScript did not bundle: what esbuild said is above.")
        .map(drop)
}

fn declare(place: &Place, into: &Path) -> Done {
    Run::new(place.npm_bin("tsc"))
        .args(["--project", "tsconfig.json", "--outDir"])
        .arg(into)
        .dir(&place.npm())
        .quiet()?
        .or_stop("The TypeScript is not right: what tsc said is above.")?;
    for (path, content) in files::tree(into)? {
        let names_engine = String::from_utf8_lossy(&content).contains("\"../engine/");
        if names_engine && path.to_string_lossy().ends_with(".d.ts") {
            return Err(Stop::new(format!(
                "The types in dist/{} name the engine, which is not in the package: \
                 say that type in npm/src itself.",
                path.display()
            )));
        }
    }
    keep_exported(place, into)
}

/// Drops the types that no entry point leads to: they are of parts that only the package itself sees.
fn keep_exported(place: &Place, into: &Path) -> Done {
    let types = |path: &Path| path.to_string_lossy().ends_with(".d.ts");
    let mut hidden: BTreeMap<PathBuf, Vec<u8>> = files::tree(into)?;
    hidden.retain(|path, _| types(path));
    let mut reached: Vec<PathBuf> = entries(place)?
        .iter()
        .filter_map(|entry| Some(PathBuf::from(entry.file_stem()?).with_extension("d.ts")))
        .collect();
    while let Some(path) = reached.pop() {
        let Some(content) = hidden.remove(&path) else {
            continue;
        };
        // What comes after `"./` up to `.js"` is a module's name, and nothing else in a declaration looks so. Before the
        // first there is none.
        let content = String::from_utf8_lossy(&content);
        let named = content.split("\"./").skip(1);
        reached.extend(named.filter_map(|rest| {
            let (name, _) = rest.split_once(".js\"")?;
            Some(PathBuf::from(name).with_extension("d.ts"))
        }));
    }
    hidden
        .keys()
        .try_for_each(|path| files::remove(&into.join(path)))
}

fn pages(place: &Place) -> Done {
    for page in PAGES {
        let copies: BTreeMap<PathBuf, Vec<u8>> = files::tree(&place.root().join(page))?;
        for content in copies.into_values() {
            let copy = place.npm().join(page);
            if files::tree(&copy)?.into_values().next().as_ref() != Some(&content) {
                files::write(&copy, &content)?;
            }
        }
    }
    Ok(())
}

/// An argument that ends in a path.
pub(crate) fn assign(option: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(path);
    argument
}
