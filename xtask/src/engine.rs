//! The engine: the browser shell compiled to WebAssembly, with its JavaScript glue, in `npm/engine`.
//!
//! Cargo compiles, wasm-bindgen writes the glue and types, binaryen makes the module smaller. wasm-bindgen is
//! called as a library, so its version is Cargo.lock's, as the macro's is: the two understand each other only
//! if they are the same. It also removes the section with producers; the compiler must leave it and the names, since
//! with them it would drop the one that says which features the module uses. That section is how
//! `wasm-opt` knows what it may write, which is why it gets no feature flags here. The names go last: by them functions
//! are silenced.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use walrus::Module;
use wasm_bindgen_cli_support::{Bindgen, EncodeInto, Output};

use crate::files;
use crate::order;
use crate::place::Place;
use crate::run::{self, Run};
use crate::say::{self, Alive, Done, Stop};
use crate::silence;
use crate::stamp::Step;
use crate::text;
use crate::tools;
use crate::words;

/// What the files are called: `evertoken.js`, `evertoken_bg.wasm`, ….
const NAME: &str = "evertoken";

/// What the engine calls its glue.
const GLUE: &str = "_";

/// How TypeScript sees the engine as text.
const TEXT_TYPES: &str = "declare const text: string;\nexport default text;\n";

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
        .args(["--config", &flags(place)])
        .dir(place.root())
        .loud()?;
    if !compiled {
        return Err(Stop::new(
            "The engine did not compile: the compiler's message is above.",
        ));
    }

    let module = compiled_module(place);
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
        let names = glue(&module, &draft)?;
        drop(alive);
        rename(&draft.join("evertoken.js"), &names)?;
        let file = draft.join("evertoken_bg.wasm");
        shrink(place, &file, &["--strip-debug"])?;
        let mut module = files::read(&file)?;
        order::by_likeness(&mut module)?;
        files::write(&file, &module)?;
        // The names go, and what was written for wasm-opt itself.
        let order = ["--reorder-functions-by-name"];
        let stripped = ["--strip-debug", "--strip-target-features"];
        optimise(place, &file, &[order.as_slice(), &stripped].concat())?;
        files::remove(&draft.join("evertoken_bg.wasm.d.ts"))?;
        append(&draft.join("evertoken.js"), PARTS)?;
        append(&draft.join("evertoken.d.ts"), PARTS_TYPES)?;
        let module = files::read(&file)?;
        files::write(&draft.join("text.js"), text::module(&module).as_bytes())?;
        files::write(&draft.join("text.d.ts"), TEXT_TYPES.as_bytes())?;
        files::settle(&engine, &files::tree(&draft)?)
    })
}

/// The engine once more, as it is published but for the names of its functions, for who asks what is in it.
pub(crate) fn named(place: &Place) -> Done<Vec<u8>> {
    build(place)?;
    let draft = place.kept().join("engine-named");
    glue(&compiled_module(place), &draft)?;
    let module = draft.join("evertoken_bg.wasm");
    shrink(place, &module, &["--debuginfo"])?;
    files::read(&module)
}

fn compiled_module(place: &Place) -> PathBuf {
    place
        .target()
        .join("wasm32-unknown-unknown/engine/evertoken.wasm")
}

/// What is never called in the glue, and stands before what: how a text that begins as ASCII is encoded without
/// `__wbindgen_realloc`, and how an engine is freed by hand. 180 bytes of brotli, of which no bundler can know. (If
/// wasm-bindgen writes it otherwise one day, the budget tells.)
const UNCALLED: [(&str, &str); 3] = [
    ("    let len = arg.length;", "}\n\nfunction "),
    ("    __destroy_into_raw() {", "    /**"),
    ("if (Symbol.dispose)", "function "),
];

/// What engine and glue call each other.
#[derive(Default)]
struct Names {
    /// How the glue writes what it gives to the engine or takes from it, and how it is to write that.
    renamed: Vec<(String, String)>,
    /// The path of a module beside the crate, what the engine takes from it, and what it calls that.
    taken: Vec<(String, String, String)>,
}

/// What the compiler is told beside the profile. Cargo joins this to the flags in its own configuration.
///
/// The engine is published, and where this machine keeps its sources is nobody's business: panics name files
/// without the folders before them.
fn flags(place: &Place) -> String {
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
    let mut flags: Vec<String> = folders
        .iter()
        .map(|folder| format!("{:?}", format!("--remap-path-prefix={folder}/=")))
        .collect();
    // A little more is inlined than `opt-level = "z"` does by itself: 100 bytes of brotli.
    flags.push(r#""-Cllvm-args=-inline-threshold=10""#.to_owned());
    format!(
        "target.wasm32-unknown-unknown.rustflags=[{}]",
        flags.join(", ")
    )
}

fn glue(module: &Path, into: &Path) -> Done<Names> {
    let compiled = |error| Stop::new(format!("The compiled engine cannot be read: {error:#}."));
    let mut module = Module::from_file(module).map_err(compiled)?;
    // Then the glue encodes a text whole, and not what is ASCII by itself first.
    module
        .exports
        .remove("__wbindgen_realloc")
        .map_err(compiled)?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_bytes(NAME, module.emit_wasm())
        .out_name(NAME)
        .typescript(true)
        // Without it the glue would name the module's own URL, which bundlers would then want to resolve.
        .omit_default_module_path(true)
        // Whatever runs a module with reference types has it too: 50 bytes in the glue.
        .encode_into(EncodeInto::Always)
        .remove_name_section(false)
        .remove_producers_section(true);
    let output = bindgen.web(true).and_then(Bindgen::generate_output);
    let mut output = output.map_err(unwritten)?;
    silence::silence(output.wasm_mut())?;
    words::blank(output.wasm_mut());
    let names = shorten(&mut output);
    output.emit(into).map_err(unwritten)?;
    Ok(names)
}

fn unwritten(error: impl std::fmt::Display) -> Stop {
    Stop::new(format!("wasm-bindgen could not write the glue: {error:#}."))
}

/// Shortens the names by which the engine and its glue know each other, most of which end with hashes that do not
/// compress: 1,400 bytes of brotli, half of them on each side. What the engine takes from the modules beside the crate as
/// it is comes from the glue as well, or a bundle would hold an object of all that these modules export (180 bytes). What
/// the glue does not take is not given.
fn shorten(output: &mut Output) -> Names {
    let glue = output.js().to_owned();
    let module = output.wasm_mut();
    let mut names = Names::default();
    for (number, import) in module.imports.iter_mut().enumerate() {
        let short = short(number);
        let long = std::mem::replace(&mut import.name, short.clone());
        let from = std::mem::replace(&mut import.module, GLUE.to_owned());
        if from.starts_with("./snippets/") {
            names.taken.push((from, long, short));
        } else {
            let given = |name| format!("        {name}: function(");
            names.renamed.push((given(long), given(short)));
        }
    }
    let taken = |name: &str| format!("wasm.{name}");
    let exports: Vec<_> = module.exports.iter().map(|export| export.id()).collect();
    for (number, id) in exports.into_iter().enumerate() {
        let export = module.exports.get_mut(id);
        let long = taken(&export.name);
        if glue.contains(&long) {
            export.name = short(number);
            names.renamed.push((long, taken(&export.name)));
        } else {
            module.exports.delete(id);
        }
    }
    // One may begin as another one does.
    names.renamed.sort_by_key(|(long, _)| Reverse(long.len()));
    names
}

/// A name for a number.
fn short(number: usize) -> String {
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let at = number % letters.len();
    let letter = letters.get(at..=at).unwrap_or_default();
    letter.repeat(1 + number / letters.len())
}

/// Tells the glue.
fn rename(file: &Path, names: &Names) -> Done {
    let content = files::read(file)?;
    let mut text = String::from_utf8_lossy(&content).into_owned();
    for (long, short) in &names.renamed {
        text = text.replace(long, short);
    }
    for (from, until) in UNCALLED {
        if let Some(start) = text.find(from)
            && let Some(end) = text.get(start..).and_then(|rest| rest.find(until))
        {
            text.replace_range(start..start + end, "");
        }
    }
    text = text.replace(
        &format!("\"./{NAME}_bg.js\": import0"),
        &format!("{GLUE}: import0"),
    );
    let (mut imports, mut kept) = (String::new(), String::new());
    for line in text.lines() {
        let start = line.trim_start();
        // The modules beside the crate, whole.
        if start.starts_with("import * as import") || start.starts_with("\"./snippets/") {
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
        // What the engine gets from the glue begins here.
        if start == "const import0 = {" {
            for (path, name, short) in &names.taken {
                kept.push_str(&format!("{short}: __{short},\n"));
                imports.push_str(&format!(
                    "import {{ {name} as __{short} }} from {path:?};\n"
                ));
            }
        }
    }
    kept.insert_str(0, &imports);
    files::write(file, kept.as_bytes())
}

fn append(file: &Path, text: &str) -> Done {
    let mut content = files::read(file)?;
    content.extend_from_slice(text.as_bytes());
    files::write(file, &content)
}

/// Has it optimised; `names` says what becomes of the names.
fn shrink(place: &Place, module: &Path, names: &[&str]) -> Done {
    let smaller = [
        "-Oz",
        "--converge",
        // A function with one caller is inlined only if it is short, because code compresses better apart (300
        // bytes of brotli), and every one that is as short as a call (50).
        "--one-caller-inline-max-function-size=30",
        "--always-inline-max-function-size=5",
        // What is computed twice compresses better than the local that would hold it: 150 bytes.
        "--skip-pass=local-cse",
        // Nor is it moved to where it is used, but by the simpler pass of the two: 50 bytes.
        "--skip-pass=simplify-locals",
        // Nothing is below the first KiB but the far end of the stack: an address and a small offset are one, 90 bytes.
        "--low-memory-unused",
    ];
    optimise(place, module, &[&smaller, names].concat())
}

fn optimise(place: &Place, module: &Path, options: &[&str]) -> Done {
    Run::new(place.npm_bin("wasm-opt"))
        .args(options)
        .arg(module)
        .arg("-o")
        .arg(module)
        .quiet()?
        .or_stop("wasm-opt refused the engine: what it said is above.")
        .map(drop)
}
