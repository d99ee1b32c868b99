//! The engine: the browser shell compiled to WebAssembly, with its JavaScript glue, in `npm/engine`.
//!
//! Cargo compiles, wasm-bindgen writes the glue and types, binaryen makes the module smaller. wasm-bindgen is
//! called as a library, so its version is Cargo.lock's, as the macro's is: the two understand each other only
//! if they are the same. It also removes the sections with names and producers; the compiler must leave them, since
//! with them it would drop the one that says which features the module uses. That section is how
//! `wasm-opt` knows what it may write, which is why it gets no feature flags here.

use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

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
        glue(&module, &draft).map_err(|error| {
            Stop::new(format!("wasm-bindgen could not write the glue: {error:#}."))
        })?;
        drop(alive);
        shrink(place, &draft.join("evertoken_bg.wasm"))?;
        files::remove(&draft.join("evertoken_bg.wasm.d.ts"))?;
        files::write(&draft.join("evertoken_bg.d.wasm.ts"), BYTES.as_bytes())?;
        files::settle(&engine, &files::tree(&draft)?)
    })
}

fn glue(module: &Path, into: &Path) -> Result<(), impl std::fmt::Display + use<>> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .out_name(NAME)
        .typescript(true)
        // Without it the glue would name the module's own URL, which bundlers would then want to resolve.
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen.web(true)?.generate(into)
}

fn shrink(place: &Place, module: &Path) -> Done {
    Run::new(place.npm_bin("wasm-opt"))
        .arg("-Oz")
        .arg(module)
        .arg("-o")
        .arg(module)
        .quiet()?
        .or_stop("wasm-opt refused the engine: what it said is above.")
        .map(drop)
}
