//! A model of the single-tab session, much simpler than the machine, and random lives to compare the two.
//!
//! `script.rs` has what can happen: users' verbs, answers good and bad, late answers, ticks and time. `shell.rs`
//! plays a script against the machine as a browser would. `ledger.rs` is the model: it hears what was asked and
//! answered, and keeps who is signed in, what is on the wire and what the server still has to be told; `judge.rs`
//! says by it of each effect whether that may be. `kept.rs` has the scripts that once found a difference, `short.rs` plays
//! every script of a few steps.
//!
//! The lives are the same at every run. `PROPTEST_CASES=100000 PROPTEST_RNG_SEED=7` plays others.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "a test that fails says so by panicking"
)]

mod entries;
mod judge;
mod kept;
mod ledger;
mod script;
mod shell;
mod short;

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed};
use proptest_state_machine::{StateMachineTest, prop_state_machine};

use script::{Script, Start, Step};
use shell::Shell;

fn config() -> Config {
    let given = Config::default();
    let asked_for_others = std::env::var_os("PROPTEST_RNG_SEED").is_some();
    Config {
        cases: given.cases.max(2_000),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/model/proptest-regressions.txt",
        ))),
        rng_seed: if asked_for_others {
            given.rng_seed
        } else {
            RngSeed::Fixed(1)
        },
        ..given
    }
}

struct Lives;

impl StateMachineTest for Lives {
    type SystemUnderTest = Shell;
    type Reference = Script;

    fn init_test(start: &Start) -> Shell {
        Shell::new(start)
    }

    fn apply(mut shell: Shell, _: &Start, step: Step) -> Shell {
        shell.play(&step);
        shell
    }

    fn check_invariants(shell: &Shell, _: &Start) {
        shell.check();
    }

    fn teardown(mut shell: Shell, start: Start) {
        shell.come_to_rest(start.end);
    }
}

prop_state_machine! {
    #![proptest_config(config())]

    #[test]
    fn every_life_of_a_session_is_as_the_model_says(sequential 1..60 => Lives);
}
