//! What all tabs of one browser share: the locks, the storage and the machine they run on. Each is a model of what
//! browsers promise, which is less than one would like.

mod locks;
mod machine;
mod storage;

pub use locks::{Claim, Locks};
pub use machine::Machine;
pub use storage::{SLOTS, Storage, Text, View, slot_number};
