//! Makes a panic of the engine a trap at once.
//!
//! It was one before, after composing a message that nobody gets to read: the standard library has nowhere to write it
//! to in a browser. The words, and what puts them together, are taken out. So nothing else may put words together: the
//! engine's own code formats nothing, and this looks whether that is so.

use std::collections::BTreeMap;

use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{FunctionId, FunctionKind, Module};

use crate::say::{Done, Stop};

/// What nothing runs but a panic, by a part of its name; wasm-bindgen throws where others panic. Last, what nothing runs
/// at all and wasm-bindgen keeps all the same: tasks that a suspended stack of JavaScript waits for.
const UNUSED: [&str; 6] = [
    "::panicking::panic_fmt",
    "::panicking::panic_handler",
    "::cell::Borrow",
    "::assert_failed",
    "wasm_bindgen::throw_str",
    "::futures::jspi::",
];

/// Empties what only a panic runs. (If the functions are called otherwise one day, the budget tells.)
pub(crate) fn silence(module: &mut Module) -> Done {
    let mut formatting = BTreeMap::new();
    for function in module.funcs.iter_mut() {
        let name = function.name.clone().unwrap_or_default();
        let formats = formats(&name);
        if let FunctionKind::Local(local) = &mut function.kind
            && (formats || UNUSED.iter().any(|part| name.contains(part)))
        {
            let mut body = local.builder_mut().func_body();
            body.instrs_mut().clear();
            body.unreachable();
            if formats {
                formatting.insert(function.id(), name);
            }
        }
    }
    for (_, local) in module.funcs.iter_local() {
        let mut calls = Calls::default();
        dfs_in_order(&mut calls, local, local.entry_block());
        if let Some(called) = calls.0.iter().find_map(|id| formatting.get(id)) {
            return Err(Stop::new(format!(
                "The engine formats something other than a panic's words, by {called}, which is taken out of it \
                 (xtask/src/silence.rs): put the text together without format!, write! or to_string."
            )));
        }
    }
    Ok(())
}

/// Whether a function puts words together. (The compiler gives equal functions one name: `String::push` is called
/// `fmt::Write::write_char`.)
fn formats(name: &str) -> bool {
    name.contains("::fmt::") && (!name.contains("::fmt::Write>") || name.contains(">::write_fmt"))
}

/// Which functions a function calls by name.
#[derive(Default)]
struct Calls(Vec<FunctionId>);

impl Visitor<'_> for Calls {
    fn visit_call(&mut self, call: &Call) {
        self.0.push(call.func);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_puts_words_together_is_known_by_its_name() {
        for (name, is) in [
            ("core::fmt::Formatter::pad", true),
            ("<core::time::Duration as core::fmt::Debug>::fmt", true),
            (
                "<alloc::string::String as core::fmt::Write>::write_fmt",
                true,
            ),
            (
                "<alloc::string::String as core::fmt::Write>::write_char",
                false,
            ),
            ("evertoken_core::session::Session::handle", false),
        ] {
            assert_eq!(formats(name), is, "{name}");
        }
    }

    #[test]
    fn a_module_that_formats_is_refused_and_one_that_panics_is_not() {
        let compiled = |caller: &str| {
            let mut module = Module::default();
            let mut add = |name: &str, calls: Option<FunctionId>| {
                let mut builder = walrus::FunctionBuilder::new(&mut module.types, &[], &[]);
                builder.name(name.to_owned());
                if let Some(called) = calls {
                    builder.func_body().call(called);
                }
                builder.finish(Vec::new(), &mut module.funcs)
            };
            let words = add("core::fmt::write", None);
            add(caller, Some(words));
            module
        };
        assert!(silence(&mut compiled("core::panicking::panic_fmt")).is_ok());
        let refused = silence(&mut compiled("evertoken::driver::Driver::pump"));
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("core::fmt::write"), "{said}");
    }
}
