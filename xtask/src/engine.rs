//! The engine: the browser shell compiled to WebAssembly, with its JavaScript glue, in `npm/engine`.
//!
//! Cargo compiles, wasm-bindgen writes the glue and types, binaryen makes the module smaller. wasm-bindgen is
//! called as a library, so its version is Cargo.lock's, as the macro's is: the two understand each other only
//! if they are the same. It also removes the sections with names and producers; the compiler must leave them, since
//! with them it would drop the one that says which features the module uses. That section is how
//! `wasm-opt` knows what it may write, which is why it gets no feature flags here.

use std::path::Path;

use wasm_bindgen_cli_support::{Bindgen, EncodeInto, Output};

use crate::files;
use crate::place::Place;
use crate::run::{self, Run};
use crate::say::{self, Alive, Done, Stop};
use crate::stamp::Step;
use crate::tools;

/// What the files are called: `evertoken.js`, `evertoken_bg.wasm`, ….
const NAME: &str = "evertoken";

/// How TypeScript sees `import bytes from "…/evertoken_bg.wasm"`, which the bundler turns into the bytes
/// themselves.
const BYTES: &str = "declare const bytes: Uint8Array<ArrayBuffer>;\nexport default bytes;\n";

/// The glue would compile, fetch and warn by itself; the package does that in its own way and needs only the parts.
const PARTS: &str = "export { __wbg_get_imports as imports, __wbg_finalize_init as finish };\n";
const PARTS_TYPES: &str = "export function imports(): WebAssembly.Imports;\nexport function finish(instance: WebAssembly.Instance): unknown;\n";

/// Builds it.
pub(crate) fn build(place: &Place) -> Done {
    // What is missing is better told before minutes of compiling than after.
    tools::wasm_target()?;
    tools::node_modules(place)?;
    tools::crates(place)?;
    say::step("Compiling the engine");
    let compiled = run::cargo()
        .args([
            "build",
            "--package",
            "evertoken",
            "--lib",
            "--features",
            "js",
            "--locked",
        ])
        .args(["--target", "wasm32-unknown-unknown", "--profile", "engine"])
        .args(["--config", &unnamed_paths(place)])
        .dir(place.root())
        .loud()?;
    if !compiled {
        return Err(Stop::new(
            "The engine did not compile: the compiler's message is above.",
        ));
    }

    let module = place
        .target()
        .join("wasm32-unknown-unknown/engine/evertoken.wasm");
    let engine = place.npm().join("engine");
    let step = Step {
        name: "engine",
        title: "Writing the engine's glue, and making it smaller",
        inputs: vec![module.clone(), place.npm().join("package-lock.json")],
        outputs: vec![engine.clone()],
    };
    step.once(place, || {
        let draft = place.kept().join("engine");
        files::remove(&draft)?;
        let alive = Alive::start();
        let renamed = glue(&module, &draft).map_err(|error| {
            Stop::new(format!("wasm-bindgen could not write the glue: {error:#}."))
        })?;
        drop(alive);
        for file in ["evertoken.js", "evertoken.d.ts"] {
            rename(&draft.join(file), &renamed)?;
        }
        shrink(place, &draft.join("evertoken_bg.wasm"))?;
        files::remove(&draft.join("evertoken_bg.wasm.d.ts"))?;
        append(&draft.join("evertoken.js"), PARTS)?;
        append(&draft.join("evertoken.d.ts"), PARTS_TYPES)?;
        files::write(&draft.join("evertoken_bg.d.wasm.ts"), BYTES.as_bytes())?;
        files::settle(&engine, &files::tree(&draft)?)
    })
}

/// A name as wasm-bindgen gave it, and the shorter one.
type Renamed = (String, String);

/// The engine is published, and where this machine keeps its sources is nobody's business: panics name files
/// without the folders before them. Cargo joins this to the flags in its own configuration.
fn unnamed_paths(place: &Place) -> String {
    let home = std::env::var("CARGO_HOME")
        .or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")))
        .unwrap_or_default();
    // One folder for each registry; its crates are named by their own.
    let registries = std::fs::read_dir(format!("{home}/registry/src"));
    let folders = registries.into_iter().flatten().flatten();
    let mut folders: Vec<String> = folders
        .map(|entry| entry.path().display().to_string())
        .collect();
    folders.push(place.root().display().to_string());
    // In an order of their own, or the flags would change from run to run.
    folders.sort();
    let flags: Vec<String> = folders
        .iter()
        .map(|folder| format!("{:?}", format!("--remap-path-prefix={folder}/=")))
        .collect();
    format!(
        "target.wasm32-unknown-unknown.rustflags=[{}]",
        flags.join(", ")
    )
}

fn glue(module: &Path, into: &Path) -> Result<Vec<Renamed>, impl std::fmt::Display + use<>> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .out_name(NAME)
        .typescript(true)
        // Without it the glue would name the module's own URL, which bundlers would then want to resolve.
        .omit_default_module_path(true)
        // Whatever runs a module with reference types has it too: 50 bytes in the glue.
        .encode_into(EncodeInto::Always)
        .remove_name_section(true)
        .remove_producers_section(true);
    let mut output = bindgen.web(true)?.generate_output()?;
    silence(&mut output);
    let renamed = shorten(&mut output);
    output.emit(into).map(|()| renamed)
}

/// What only a panic runs, by a part of its name.
const PANIC: [&str; 3] = [
    "::panicking::panic_fmt",
    "::panicking::panic_handler",
    "::cell::Borrow",
];

/// Makes a panic a trap at once. It was one before, after composing a message that nobody gets to read: the
/// standard library has nowhere to write it to in a browser. The words and what puts them together
/// are 1,550 bytes of brotli. (If the functions are called otherwise one day, the budget tells.)
fn silence(output: &mut Output) {
    for function in output.wasm_mut().funcs.iter_mut() {
        let name = function.name.as_deref().unwrap_or_default();
        if PANIC.iter().any(|part| name.contains(part)) {
            let mut body = function.kind.unwrap_local_mut().builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
        }
    }
}

/// Makes numbers of the names by which the engine and its glue know each other. wasm-bindgen ends them with hashes,
/// which do not compress: 1,400 bytes of brotli, half of them on each side. Returns what the glue has to be told.
fn shorten(output: &mut Output) -> Vec<Renamed> {
    let module = output.wasm_mut();
    let imports = module.imports.iter_mut().map(|import| &mut import.name);
    let exports = module.exports.iter_mut().map(|export| &mut export.name);
    let mut renamed = Vec::new();
    for name in imports.chain(exports) {
        let last = name.rsplit('_').next().unwrap_or_default();
        let hash = last.trim_start_matches('h');
        if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let short = format!("_{}", renamed.len());
            renamed.push((std::mem::replace(name, short.clone()), short));
        }
    }
    renamed
}

fn rename(file: &Path, renamed: &[Renamed]) -> Done {
    let content = files::read(file)?;
    let mut text = String::from_utf8_lossy(&content).into_owned();
    for (long, short) in renamed {
        text = text.replace(long, short);
    }
    files::write(file, text.as_bytes())
}

fn append(file: &Path, text: &str) -> Done {
    let mut content = files::read(file)?;
    content.extend_from_slice(text.as_bytes());
    files::write(file, &content)
}

fn shrink(place: &Place, module: &Path) -> Done {
    Run::new(place.npm_bin("wasm-opt"))
        .arg("-Oz")
        // A function with one caller is inlined only if it is short, because code compresses better apart: 300
        // bytes of brotli.
        .args(["--converge", "--one-caller-inline-max-function-size=50"])
        .arg(module)
        .arg("-o")
        .arg(module)
        .quiet()?
        .or_stop("wasm-opt refused the engine: what it said is above.")
        .map(drop)
}
