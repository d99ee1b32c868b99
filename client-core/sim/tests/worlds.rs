//! Many worlds, and what makes them worth something: that they are the same each time, that they meet what they are
//! for, that what fails becomes small, and that mistakes made on purpose are found.

#![allow(
    missing_docs,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

use evertoken_core::Fault;
use evertoken_sim::{Failed, Mark, Wishes, play, run, shrink, users};

/// Enough to meet everything there is to meet, few enough to be part of every test run.
const WORLDS: u64 = 10_000;

/// What more worlds than this do not show is what nobody would find.
const UNTIL_FOUND: u64 = 2_000;

#[test]
fn ten_thousand_worlds_keep_every_law_and_meet_every_situation() {
    let report = run(0, WORLDS, Wishes::default(), None, |_| ());
    if let Some(failed) = report.failed {
        let (script, broken) = shrink(&failed.script, &failed.broken);
        let trace = play(&script, true).trace.join("\n");
        panic!(
            "seed {}: {broken:?}\n{:#?}\n{trace}",
            script.seed, script.steps
        );
    }
    let met = report.marks.iter();
    let never: Vec<_> = met
        .filter(|(_, count)| *count == 0)
        .map(|(mark, _)| mark)
        .collect();
    // Only a server that lost writes sees a token that is ahead of its family.
    assert_eq!(never, [Mark::RowAhead]);
}

#[test]
fn the_same_seed_gives_the_same_world() {
    for seed in 0..50 {
        let script = users::script(seed, Wishes::default());
        let (one, other) = (play(&script, true), play(&script, true));
        assert!(!one.trace.is_empty());
        assert_eq!(one.trace, other.trace, "seed {seed}");
        assert_eq!(one.events, play(&script, false).events, "seed {seed}");
    }
}

#[test]
fn a_world_lives_as_many_hours_and_in_as_many_tabs_as_it_is_asked_to() {
    let wishes = Wishes {
        tabs: Some(6),
        hours: Some(2),
    };
    let script = users::script(1, wishes);
    assert_eq!(script.setting.places, 6);
    assert!(
        script
            .steps
            .last()
            .is_some_and(|step| step.at >= 2 * 3_600_000)
    );
    assert_eq!(play(&script, false).broken, None);
}

/// The first world that keeps every law without this mistake and breaks one with it.
fn found(fault: Fault) -> Option<Failed> {
    (0..UNTIL_FOUND).find_map(|seed| {
        let mut script = users::script(seed, Wishes::default());
        script.setting.planted = Some(fault);
        let broken = play(&script, false).broken?;
        script.setting.planted = None;
        let is_its_own = play(&script, false).broken.is_none();
        script.setting.planted = Some(fault);
        is_its_own.then_some(Failed { script, broken })
    })
}

#[test]
fn every_mistake_made_on_purpose_is_found() {
    let missed: Vec<_> = Fault::ALL
        .iter()
        .filter(|fault| found(**fault).is_none())
        .collect();
    assert!(missed.is_empty(), "not found: {missed:?}");
}

#[test]
fn a_failure_is_made_small_and_stays_the_same_failure() {
    let Some(failed) = found(Fault::LockIsKept) else {
        panic!("it is not found");
    };
    let (small, broken) = shrink(&failed.script, &failed.broken);
    assert_eq!(broken.law, failed.broken.law);
    assert!(small.steps.len() <= 6, "{:#?}", small.steps);
    assert!(small.steps.len() < failed.script.steps.len());
    assert_eq!(play(&small, false).broken, Some(broken));
}
