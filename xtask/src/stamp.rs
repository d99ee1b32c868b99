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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::Stop;
    use std::cell::Cell;

    /// A step that copies `in/a` to `out/a` and counts how often it did.
    struct Copying {
        place: Place,
        done: Cell<u32>,
    }

    impl Copying {
        fn new(name: &str) -> Self {
            let root =
                std::env::temp_dir().join(format!("evertoken-{}-{name}", std::process::id()));
            files::fresh(&root).unwrap();
            let copying = Self {
                place: Place::of_a_test(root),
                done: Cell::new(0),
            };
            copying.write("in/a", b"1");
            copying
        }

        fn path(&self, name: &str) -> PathBuf {
            self.place.root().join(name)
        }

        fn write(&self, name: &str, content: &[u8]) {
            files::write(&self.path(name), content).unwrap();
        }

        fn step(&self) -> Step<'static> {
            let (inputs, outputs) = (vec![self.path("in")], vec![self.path("out")]);
            Step {
                name: "copy",
                title: "Copying",
                inputs,
                outputs,
            }
        }

        fn times_done(&self) -> u32 {
            let copy = || {
                self.done.set(self.done.get() + 1);
                files::settle(&self.path("out"), &files::tree(&self.path("in"))?)
            };
            self.step().once(&self.place, copy).unwrap();
            self.done.get()
        }
    }

    impl Drop for Copying {
        fn drop(&mut self) {
            let _ = files::remove(self.place.root());
        }
    }

    #[test]
    fn what_is_done_is_not_done_again() {
        let copying = Copying::new("again");
        assert_eq!(copying.times_done(), 1);
        assert_eq!(copying.times_done(), 1);
        copying.write("in/a", b"1");
        assert_eq!(copying.times_done(), 1, "written anew, but the same");
    }

    #[test]
    fn a_changed_source_or_a_spoiled_result_is_noticed() {
        let copying = Copying::new("noticed");
        assert_eq!(copying.times_done(), 1);
        copying.write("in/a", b"2");
        assert_eq!(copying.times_done(), 2);
        copying.write("in/b", b"new");
        assert_eq!(copying.times_done(), 3);
        copying.write("out/a", b"edited by hand");
        assert_eq!(copying.times_done(), 4);
        files::remove(&copying.path("out")).unwrap();
        assert_eq!(copying.times_done(), 5);
        copying.write("xtask/src/main.rs", b"a changed tool chain");
        assert_eq!(copying.times_done(), 6);
    }

    #[test]
    fn a_source_that_is_gone_is_gone_from_the_result() {
        let copying = Copying::new("gone");
        copying.write("in/b", b"2");
        copying.times_done();
        files::remove(&copying.path("in/b")).unwrap();
        copying.times_done();
        assert_eq!(
            files::tree(&copying.path("out")).unwrap(),
            files::tree(&copying.path("in")).unwrap()
        );
    }

    #[test]
    fn a_step_that_failed_is_not_done() {
        let copying = Copying::new("failed");
        let failing = || Err(Stop::new("No."));
        assert!(copying.step().once(&copying.place, failing).is_err());
        assert_eq!(copying.times_done(), 1);
    }
}
