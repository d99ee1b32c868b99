//! What the session machine may cost: asking with a good token happens before every request.

#![allow(
    unreachable_pub,
    missing_docs,
    reason = "the situations are those of the benchmarks"
)]

#[path = "../benches/life/mod.rs"]
mod life;

use allocation_counter::measure;

#[test]
fn to_ask_with_a_good_token_allocates_nothing() {
    let (mut session, now) = life::signed_in();
    let mut served = 0;
    let cost = measure(|| {
        served = (0..1_000)
            .filter(|_| life::authorize(&mut session, now))
            .count();
    });
    assert_eq!((served, cost.count_total), (1_000, 0));
}

#[test]
fn a_refresh_allocates_as_much_for_a_thousand_who_wait_as_for_one() {
    let cost = |waiters| {
        let (mut session, now) = life::expired();
        let mut served = 0;
        let cost = measure(|| served = life::refresh(&mut session, now, waiters));
        assert_eq!(served, waiters);
        cost.bytes_total
    };
    assert_eq!(cost(1), cost(life::WAITERS));
}

#[test]
fn after_ten_thousand_refreshes_nothing_has_grown() {
    let (mut session, mut now) = life::expired();
    let mut live = |refreshes: u64| {
        let cost = measure(|| {
            for _ in 0..refreshes {
                now = now.after(evertoken_core::Duration::from_secs(900));
                life::refresh(&mut session, now, 3);
            }
        });
        cost.bytes_current
    };
    live(10);
    assert_eq!(live(10_000), 0);
}
