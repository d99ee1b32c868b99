//! Blanks what the engine would say in a panic.
//!
//! Where panics are silent (`silence.rs`) nothing reads their words, nor the places in the source that they name; but no
//! optimiser can know that of data. Blank they weigh nothing: 600 bytes of brotli less.

use walrus::ir::Value;
use walrus::{ConstExpr, Data, DataId, DataKind, Module};

/// What only a panic says. (If the standard library says it otherwise one day, the budget tells.)
const WORDS: [&str; 13] = [
    "insertion index (is ",
    ") should be <= len (is ",
    "removal index (is ",
    ") should be < len (is ",
    "capacity overflow",
    "Tried to shrink to a larger capacity",
    "RefCell already mutably borrowed",
    "RefCell already borrowed",
    "`async fn` resumed after completion",
    "attempted to take ownership of Rust value while it was borrowed",
    "null pointer passed to rust",
    "recursive use of an object detected which would lead to unsafe aliasing in rust",
    "closure invoked recursively or after being dropped",
];

/// Takes them out of a module in which no panic composes a message.
pub(crate) fn blank(module: &mut Module) {
    blank_places(module);
    for id in segments(module) {
        let data = module.data.get_mut(id);
        for word in WORDS {
            let is_word = |text: &[u8]| text == word.as_bytes();
            while let Some(start) = data.value.windows(word.len()).position(is_word)
                && let Some(word) = data.value.get_mut(start..start + word.len())
            {
                word.fill(0);
            }
        }
    }
}

/// A place is a `core::panic::Location`: the address and length of a file's name, a line and a column.
fn blank_places(module: &mut Module) {
    let mut places = Vec::new();
    for data in module.data.iter() {
        let (words, _) = data.value.as_chunks::<4>();
        for (place, words) in words.windows(4).enumerate() {
            let mut numbers = words.iter().map(|word| u32::from_le_bytes(*word) as usize);
            if let (Some(name), Some(length)) = (numbers.next(), numbers.next())
                && text(module, name, length).is_some_and(|name| name.ends_with(b".rs"))
                && let Some(begin) = address(&data.kind)
            {
                places.extend([(begin + 4 * place, 16), (name, length)]);
            }
        }
    }
    for id in segments(module) {
        let data = module.data.get_mut(id);
        for (at, length) in &places {
            let start = address(&data.kind).and_then(|begin| at.checked_sub(begin));
            if let Some(start) = start
                && let Some(place) = data.value.get_mut(start..start + length)
            {
                place.fill(0);
            }
        }
    }
}

fn segments(module: &Module) -> Vec<DataId> {
    module.data.iter().map(Data::id).collect()
}

/// The data at an address.
fn text(module: &Module, at: usize, length: usize) -> Option<&[u8]> {
    module.data.iter().find_map(|data| {
        let start = at.checked_sub(address(&data.kind)?)?;
        data.value.get(start..start.checked_add(length)?)
    })
}

/// Where data begin.
fn address(kind: &DataKind) -> Option<usize> {
    match kind {
        DataKind::Active {
            offset: ConstExpr::Value(Value::I32(offset)),
            ..
        } => usize::try_from(*offset).ok(),
        DataKind::Active { .. } | DataKind::Passive => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blanked(memory: &[u8]) -> Vec<u8> {
        let mut module = Module::default();
        let pages = module.memories.add_local(false, false, 1, None, None);
        let kind = DataKind::Active {
            memory: pages,
            offset: ConstExpr::Value(Value::I32(64)),
        };
        let id = module.data.add(kind, memory.to_vec());
        blank(&mut module);
        module.data.get(id).value.clone()
    }

    #[test]
    fn a_place_in_the_source_is_blank_and_what_stands_beside_it_stays() {
        let place = |name: u32, length: u32| [name, length, 12, 5].map(u32::to_le_bytes).concat();
        let (file, other) = (b"src/driver.rs\0xy", b"error");
        let memory = [&file[..], &place(64, 13), &place(96, 5), other].concat();
        // The other is no file, but text at an address all the same.
        let expected = [&[0; 13][..], b"\0xy", &[0; 16], &place(96, 5), other].concat();
        assert_eq!(blanked(&memory), expected);
    }

    #[test]
    fn what_only_a_panic_says_is_blank_each_time() {
        let memory = b"beforecapacity overflowbetweencapacity overflowafter";
        let expected = [b"before", &[0; 17][..], b"between", &[0; 17], b"after"].concat();
        assert_eq!(blanked(memory), expected);
    }
}
