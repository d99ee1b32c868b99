//! What the engine's bytes are for.
//!
//! A part weighs what the engine would weigh less, in brotli, if the part's functions were empty. What parts have in
//! common is nobody's, so together they weigh less than the whole; which weighs a little more here than as it is published,
//! because its functions are in another order. The rest is what stays without any function: texts and tables.

use walrus::{FunctionKind, Module};

use crate::engine;
use crate::place::Place;
use crate::say::{self, Done, Stop};
use crate::size::Weight;

/// The parts, and how the names of their functions begin. The first that fits counts.
const PARTS: [(&str, &str); 9] = [
    ("session", "evertoken_core::session"),
    ("answers", "evertoken_core::read evertoken::document"),
    ("messages", "evertoken_core::tabs"),
    ("contract", "evertoken_core::contract evertoken::contract"),
    ("core", "evertoken_core"),
    ("shell", "evertoken engine_"),
    ("bindings", "wasm_bindgen js_sys __wb __externref _"),
    ("allocator", "talc"),
    ("std", "core alloc std"),
];

/// Prints what each weighs.
pub(crate) fn parts(place: &Place) -> Done {
    let _turn = place.turn()?;
    let named = engine::named(place)?;
    let whole = without(&named, |_| false)?;
    for (part, _) in PARTS {
        let others = without(&named, |name| part_of(name) == Some(part))?;
        say::answer(&format!("{part:<10}{:>8}", whole.saturating_sub(others)));
    }
    let rest = without(&named, |_| true)?;
    say::answer(&format!(
        "{:<10}{rest:>8}\n{:<10}{whole:>8}",
        "rest", "whole"
    ));
    Ok(())
}

fn part_of(name: &str) -> Option<&'static str> {
    let name = name.trim_start_matches('<');
    let fits = |starts: &str| starts.split(' ').any(|start| name.starts_with(start));
    let (part, _) = PARTS.iter().find(|(_, starts)| fits(starts))?;
    Some(part)
}

/// What the engine weighs if these functions are empty.
fn without(named: &[u8], emptied: impl Fn(&str) -> bool) -> Done<u64> {
    let unread = |error| Stop::new(format!("The engine cannot be read: {error:#}."));
    let mut module = Module::from_buffer(named).map_err(unread)?;
    for function in module.funcs.iter_mut() {
        let name = function.name.take().unwrap_or_default();
        if let FunctionKind::Local(local) = &mut function.kind
            && emptied(&name)
        {
            let mut body = local.builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
        }
    }
    Ok(Weight::of(&module.emit_wasm())?.brotli)
}
