//! The store's step in every order in which a few threads can come to its locks.
//!
//! What a race test finds by chance and load is found here by going through the orders one after the other;
//! and since a test that cannot fail proves nothing, a step in two halves goes through them too.

use std::sync::Arc;

use shuttle::future::block_on;
use shuttle::scheduler::DfsScheduler;
use shuttle::{Config, Runner, thread};

use super::Memory;
use crate::domain::{
    Contract, Family, FamilyId, Key, Opening, ReuseRevokes, Sessions, UserId, Verdict,
};
use crate::options::Options;
use crate::secret::Secret;
use crate::service::{Door, Login, Renewal};
use crate::shared::State;
use crate::world::Still;

/// More orders than there are.
const ORDERS: usize = 100_000;
const THREADS: usize = 3;
/// Signing takes its time: with three threads the orders would take minutes.
const SIGNING_THREADS: usize = 2;
/// Signing takes more than shuttle's 60 KiB.
const STACK: usize = 1024 * 1024;
const NOW: u64 = 1_000_000;

/// Goes through every order of `test`.
fn in_every_order(test: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.stack_size = STACK;
    let scheduler = DfsScheduler::new(Some(ORDERS), false);
    let tried = Runner::new(scheduler, config).run(test);
    assert!(tried < ORDERS, "there are more");
}

/// A way to change what a user has.
type Change = fn(&Memory, &UserId, &mut dyn FnMut(&mut Sessions));

fn whole(memory: &Memory, user: &UserId, decide: &mut dyn FnMut(&mut Sessions)) {
    memory.step(user, decide);
}

/// What a careless store does: it reads, decides on its own copy, and writes that.
fn in_two_halves(memory: &Memory, user: &UserId, decide: &mut dyn FnMut(&mut Sessions)) {
    let mut copy = memory.step(user, |sessions| sessions.clone());
    decide(&mut copy);
    memory.step(user, |sessions| *sessions = copy);
}

/// One token, presented by every thread; how many were told that theirs was the rotation.
fn winners(change: Change) -> usize {
    let (memory, user, id) = (
        Arc::new(Memory::new()),
        UserId("u".into()),
        FamilyId("f".into()),
    );
    let opening = Opening {
        id: id.clone(),
        user: user.clone(),
        client: "spa".into(),
        contract: Contract::Rotation,
        epoch: 0,
        refresh_ttl: 1_000,
        absolute_ttl: 1_000,
    };
    memory.step(&user, |sessions| {
        sessions.commit_new(NOW, Family::open(NOW, opening));
    });
    let present = move || {
        let mut verdict = None;
        change(&memory, &user, &mut |sessions| {
            let token = (&id, 1);
            let step = sessions
                .present(NOW, token, Key::Handed(1), Contract::Rotation, (true, 0))
                .unwrap();
            verdict = Some(step.verdict);
            sessions.commit(step, ReuseRevokes::User);
        });
        verdict == Some(Verdict::Advance)
    };
    let threads: Vec<_> = (0..THREADS)
        .map(|_| thread::spawn(present.clone()))
        .collect();
    threads
        .into_iter()
        .map(|thread| usize::from(thread.join().unwrap()))
        .sum()
}

#[test]
fn of_threads_that_present_one_token_exactly_one_rotates_in_every_order() {
    in_every_order(|| assert_eq!(winners(whole), 1));
}

#[test]
#[should_panic(expected = "two have rotated")]
fn a_step_in_two_halves_is_found_out() {
    in_every_order(|| assert_eq!(winners(in_two_halves), 1, "two have rotated"));
}

const DOOR: Door<'static> = Door {
    contract: Contract::Rotation,
    client: "spa",
};

/// The same, through everything that lies between a route and the store.
#[test]
fn through_the_service_too_one_rotates_and_the_other_is_reuse_or_a_replay() {
    for keyed in [false, true] {
        in_every_order(move || {
            let world = Arc::new(Still::new(7));
            let url = "http://127.0.0.1:4000";
            let state = State::new(&Options::default(), world, url).unwrap();
            let tenant = state.root().clone();
            let who = ("user@example.com", &Secret::new("password"));
            let Ok(Login::Granted(grant)) = block_on(tenant.sign_in(DOOR, who, None)) else {
                panic!("the password is right");
            };
            let grant = Arc::new(grant);
            let threads: Vec<_> = (0..SIGNING_THREADS)
                .map(|_| {
                    let (tenant, grant) = (tenant.clone(), grant.clone());
                    thread::spawn(move || {
                        let key = keyed.then(|| grant.refresh_key.expose().as_bytes());
                        let token = tenant.token(DOOR, Some(grant.refresh.expose()));
                        matches!(
                            block_on(tenant.renew(DOOR, &token, key)),
                            Ok(Renewal::Granted(_))
                        )
                    })
                })
                .collect();
            let granted = threads
                .into_iter()
                .filter_map(|thread| thread.join().ok())
                .filter(|granted| *granted)
                .count();
            let counters = tenant.counters();
            assert_eq!(granted, if keyed { SIGNING_THREADS } else { 1 });
            assert_eq!((counters.rotations, counters.refresh.ok), (1, 1));
            assert_eq!(counters.reuse, u64::from(!keyed));
        });
    }
}
