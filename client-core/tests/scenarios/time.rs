//! Time: lifetimes long and short, sleep, and clocks that are wrong.

use evertoken_core::Duration;

use evertoken_core::{Clock, Code, Event, Exchange, Instant, View, Why};

use crate::rig::{Call, LIFE, LIFETIME, MINUTE, Rig, SECOND, failed, granted};

#[test]
fn s04_an_expiry_check_and_a_timer_at_the_same_instant_are_one_refresh() {
    let mut rig = Rig::signed_in();
    rig.sleep(LIFE);
    rig.tick();
    let call = rig.call();
    rig.tick();
    assert_eq!(rig.refreshes(), 1);
    rig.answer_refresh(granted("a", LIFETIME));
    assert!(matches!(rig.calls[call], Call::Sent { .. }));
}

#[test]
fn s18_a_lifetime_shorter_than_the_buffer_does_not_spin() {
    // Half a lifetime less a tenth of the buffer at the earliest, and never twice in a second.
    for (lifetime, most) in [(10, 22), (1, 100), (0, 0)] {
        let mut rig = Rig::signed_in_for(lifetime);
        for _ in 0..100 {
            rig.pass(SECOND);
            if rig
                .sent
                .last()
                .is_some_and(|(_, e)| matches!(e, Exchange::Refresh(_)))
            {
                rig.answer_refresh(granted("a", lifetime));
            }
        }
        assert!(
            rig.refreshes() <= most,
            "{lifetime} s: {} refreshes",
            rig.refreshes()
        );
    }
}

#[test]
fn s18_a_lifetime_of_zero_seconds_still_serves_whoever_waited() {
    let mut rig = Rig::signed_in_for(0);
    rig.sleep(MINUTE);
    let calls = rig.calls(3);
    rig.answer_refresh(granted("a", 0));
    for call in calls {
        assert!(matches!(rig.calls[call], Call::Sent { .. }));
    }
    assert_eq!(rig.refreshes(), 1);
}

#[test]
fn a_token_of_zero_seconds_that_cannot_be_renewed_becomes_stale_without_spinning() {
    let mut rig = Rig::signed_in_for(0);
    rig.refresh();
    rig.answer_refresh(failed(Code::Misconfigured));
    // `pass` fails on a deadline that stays in the past.
    rig.pass(2 * SECOND);
    assert!(matches!(rig.view(), View::SignedIn { stale: true, .. }));
    assert_eq!(rig.timer(), None);
}

#[test]
fn s19_a_lifetime_of_forty_days_fires_no_timer_at_once() {
    let days = |n: u64| Duration::from_secs(n * 86_400);
    let mut rig = Rig::signed_in_for(40 * 86_400);
    rig.pass(days(39));
    assert_eq!(rig.refreshes(), 0);
    rig.pass_until_refresh();
    let age = rig.now.since(Instant::from_millis(1_000));
    assert!(age < days(40) && age > days(40) - 2 * MINUTE, "{age:?}");
}

#[test]
fn s20_after_a_sleep_past_the_expiry_the_first_request_refreshes_first_and_once() {
    let mut rig = Rig::signed_in();
    rig.sleep(10 * LIFE);
    let calls = rig.calls(5);
    rig.tick();
    assert_eq!(rig.refreshes(), 1);
    assert!(
        calls
            .iter()
            .all(|call| matches!(rig.calls[*call], Call::Waiting { .. }))
    );
    rig.answer_refresh(granted("a", LIFETIME));
    assert!(
        calls
            .iter()
            .all(|call| matches!(rig.calls[*call], Call::Sent { .. }))
    );
}

#[test]
fn s21_a_clock_that_jumps_forward_costs_at_most_one_refresh_and_backward_none() {
    let hour = 3_600_000.0;
    let mut clock = Clock::new(0.0, 0.0);
    let mut rig = Rig::signed_in();
    rig.now = rig.now.max(clock.now(2_000.0, hour));
    rig.tick();
    assert_eq!(rig.refreshes(), 1);
    rig.answer_refresh(granted("a", LIFETIME));
    rig.now = rig.now.max(clock.now(3_000.0, -hour));
    rig.tick();
    let call = rig.call();
    assert!(matches!(rig.calls[call], Call::Sent { .. }));
    assert_eq!(rig.refreshes(), 1);
}

#[test]
fn renewals_of_clients_that_started_together_are_spread() {
    let due = |seed| {
        let mut rig = Rig::signed_out_with(seed);
        let login = rig.login();
        rig.answer(login, granted("a", LIFETIME));
        let (at, _) = rig.session.poll_timeout().unwrap();
        at.since(rig.now).as_millis()
    };
    let all: std::collections::BTreeSet<u64> = (0..100).map(due).collect();
    assert!(all.len() > 90);
    let latest = (LIFETIME - 60) * 1_000;
    assert!(all.iter().all(|at| (latest - 6_000..=latest).contains(at)));
}

#[test]
fn each_renewal_is_reported_with_its_number_and_the_end_of_the_token_it_brought() {
    let mut rig = Rig::signed_in();
    for generation in 1..4 {
        rig.pass_until_refresh();
        rig.answer_refresh(granted("a", LIFETIME));
        let expires = Some(rig.now.after(LIFE));
        let renewed = Event::Refreshed {
            expires,
            generation,
        };
        assert_eq!(rig.events.last(), Some(&renewed));
    }
}

#[test]
fn a_refresh_that_keeps_failing_is_tried_more_and_more_rarely_and_each_says_which_try_it_is() {
    let mut rig = Rig::signed_in();
    rig.pass_until_refresh();
    let began = rig.now;
    for attempt in 1..=20 {
        let started = Event::RefreshStarted {
            why: Why::Timer,
            attempt,
        };
        assert_eq!(rig.events.last(), Some(&started));
        rig.answer_refresh(failed(Code::Network));
        rig.pass_until_refresh();
    }
    assert!(rig.now.since(began) > 5 * MINUTE);
}
