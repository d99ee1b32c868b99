//! What is done is not done again.
//!
//! A step is named by what goes in and what comes out. After it succeeded, a stamp in the target folder
//! remembers a hash of both, and the step is skipped for as long as both are still the same: so neither a
//! changed source nor a deleted or edited result is ever overlooked, and a `touch` costs nothing. The tool chain's own
//! source goes into every hash. Cargo decides for itself what of the Rust is fresh.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use crate::files;
use crate::place::Place;
use crate::say::{self, Done};

/// A step that need not be repeated.
pub(crate) struct Step<'a> {
    /// The name of the stamp.
    pub(crate) name: &'a str,
    /// What the terminal shows while it runs.
    pub(crate) title: &'a str,
    /// Files and folders it reads.
    pub(crate) inputs: Vec<PathBuf>,
    /// Files and folders it leaves.
    pub(crate) outputs: Vec<PathBuf>,
}

impl Step<'_> {
    /// Does the work, unless it is done.
    pub(crate) fn once(&self, place: &Place, work: impl FnOnce() -> Done) -> Done {
        let stamp = place.kept().join(self.name).with_extension("stamp");
        let before = self.hash(place)?;
        if files::tree(&stamp)?.into_values().next() == Some(before.into_bytes()) {
            return Ok(());
        }
        say::step(self.title);
        // An interrupted step has no stamp.
        files::remove(&stamp)?;
        work()?;
        files::write(&stamp, self.hash(place)?.as_bytes())
    }

    fn hash(&self, place: &Place) -> Done<String> {
        let mut hasher = DefaultHasher::new();
        let tool_chain = place.root().join("xtask/src");
        for path in self.inputs.iter().chain(&self.outputs).chain([&tool_chain]) {
            path.hash(&mut hasher);
            files::tree(path)?.hash(&mut hasher);
        }
        Ok(format!("{:016x}", hasher.finish()))
    }
}
