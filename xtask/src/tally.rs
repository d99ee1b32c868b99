//! How many tests ran.
//!
//! Each test runner says so in a line of its own; those lines are read from its output as it passes by.
//! Checks that are not tests (formatting, lints, the packed file list) count only when they fail.

use std::fmt;
use std::ops::AddAssign;

/// Counts of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that passed.
    pub(crate) passed: u64,
    /// Tests and checks that failed.
    pub(crate) failed: u64,
    /// Tests that did not run.
    pub(crate) skipped: u64,
}

impl Tally {
    /// One check, or a run that broke off before it could count.
    pub(crate) const FAILURE: Self = Self {
        passed: 0,
        failed: 1,
        skipped: 0,
    };

    /// One part that was left out.
    pub(crate) const SKIP: Self = Self {
        passed: 0,
        failed: 0,
        skipped: 1,
    };

    /// Reads a line of a test runner's output.
    pub(crate) fn read(&mut self, line: &str) {
        if let Some(counts) = line.trim().strip_prefix("test result: ") {
            self.read_cargo(counts);
        } else if let Some(count) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
            self.read_node(count);
        }
    }

    /// `ok. 3 passed; 0 failed; 1 ignored; 0 measured; …`, from cargo and wasm-bindgen alike.
    fn read_cargo(&mut self, counts: &str) {
        let counts = counts.split_once(". ").map_or(counts, |(_, counts)| counts);
        for count in counts.split("; ") {
            match count
                .split_once(' ')
                .map(|(number, what)| (number.parse::<u64>(), what))
            {
                Some((Ok(number), "passed")) => self.passed += number,
                Some((Ok(number), "failed")) => self.failed += number,
                Some((Ok(number), "ignored")) => self.skipped += number,
                Some(_) | None => {}
            }
        }
    }

    /// `pass 3`, `fail 0`, `cancelled 0`, `skipped 0`, `todo 0`, one to a line.
    fn read_node(&mut self, count: &str) {
        match count
            .split_once(' ')
            .map(|(what, number)| (what, number.parse::<u64>()))
        {
            Some(("pass", Ok(number))) => self.passed += number,
            Some(("fail" | "cancelled", Ok(number))) => self.failed += number,
            Some(("skipped" | "todo", Ok(number))) => self.skipped += number,
            Some(_) | None => {}
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            passed,
            failed,
            skipped,
        } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(output: &str) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn every_test_binary_of_a_crate_counts() {
        let output = "\
running 2 tests
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(
            tally(output),
            Tally {
                passed: 5,
                failed: 1,
                skipped: 1
            }
        );
    }

    #[test]
    fn a_browsers_tests_count() {
        let output = "test result: ok. 4 passed; 0 failed; 0 ignored; 0 filtered out";
        assert_eq!(
            tally(output),
            Tally {
                passed: 4,
                failed: 0,
                skipped: 0
            }
        );
    }

    #[test]
    fn nodes_tests_count_in_both_of_its_dialects() {
        let counts = Tally {
            passed: 3,
            failed: 2,
            skipped: 2,
        };
        assert_eq!(
            tally(
                "# tests 6\n# suites 0\n# pass 3\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 1"
            ),
            counts
        );
        assert_eq!(
            tally(
                "ℹ tests 6\nℹ suites 0\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 1"
            ),
            counts
        );
    }

    #[test]
    fn what_tests_print_themselves_does_not_count() {
        assert_eq!(
            tally("pass 3\n3 passed; 4 failed\nℹ passengers 4"),
            Tally::default()
        );
    }
}
