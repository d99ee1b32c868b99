//! The situations that have broken widely used clients, in the order a session lives. The numbers are
//! those of the project's list of scenarios; the browser tests use the same.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::wildcard_enum_match_arm,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "a test that fails says so by panicking"
)]

mod rig;

use core::time::Duration;

use evertoken_core::{
    Access, Clock, Code, Detail, Event, Exchange, Failure, Instant, Outcome, Reason, Scope, Timer,
    View,
};
use rig::{Call, LIFETIME, Rig, denied, failed, granted};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const LIFE: Duration = Duration::from_secs(LIFETIME);

#[test]
fn s01_twenty_parallel_requests_meet_a_401_one_refresh_twenty_retries_twenty_answers() {
    let mut rig = Rig::signed_in();
    let calls = rig.calls(20);
    for call in &calls {
        rig.resource(*call, 401);
    }
    assert_eq!(rig.refreshes(), 1);
    rig.answer_refresh(granted("a", LIFETIME));
    for call in &calls {
        rig.resource(*call, 200);
        assert_eq!(rig.calls[*call], Call::Answered(200));
    }
    assert_eq!(rig.refreshes(), 1);
}

#[test]
fn s02_a_401_for_the_previous_token_is_retried_with_the_present_one_and_no_second_refresh() {
    let mut rig = Rig::signed_in();
    let (early, late) = (rig.call(), rig.call());
    rig.resource(early, 401);
    rig.answer_refresh(granted("a", LIFETIME));
    rig.resource(late, 401);
    assert_eq!(rig.token_of(late), rig.token_of(early));
    assert_eq!(rig.refreshes(), 1);
}

#[test]
fn s03_a_refresh_fails_everyone_who_waited_is_told_and_the_next_call_starts_a_new_one() {
    let mut rig = Rig::signed_in();
    rig.sleep(LIFE);
    let waiting = rig.calls(20);
    rig.answer_refresh(failed(Code::Network));
    for call in waiting {
        assert_eq!(rig.code_of(call), Code::Network);
    }
    let next = rig.call();
    assert_eq!(rig.refreshes(), 2);
    rig.answer_refresh(granted("a", LIFETIME));
    assert!(matches!(rig.calls[next], Call::Sent { .. }));
}

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
fn s05_the_new_token_is_refused_too_one_retry_then_the_401_is_returned() {
    let mut rig = Rig::signed_in();
    let call = rig.call();
    rig.resource(call, 401);
    rig.answer_refresh(granted("a", LIFETIME));
    rig.resource(call, 401);
    assert_eq!(rig.calls[call], Call::Answered(401));
    assert_eq!(rig.refreshes(), 1);
}

#[test]
fn s06_logout_during_a_refresh_stays_signed_out_whatever_arrives_later() {
    let mut rig = Rig::signed_in();
    rig.sleep(LIFE);
    let call = rig.call();
    let refresh = rig.last_refresh();
    let logout = rig.logout();
    assert_eq!(rig.view(), View::SigningOut);
    assert_eq!(rig.code_of(call), Code::LoginRequired);

    rig.answer(refresh, granted("a", LIFETIME));
    assert_eq!(rig.view(), View::SigningOut);
    assert_eq!(
        rig.sent.last(),
        Some(&(logout, Exchange::Logout(Scope::Global)))
    );
    rig.answer(logout, Outcome::Ended);
    assert_eq!(rig.view(), View::SignedOut(Reason::Logout));
    rig.answer(refresh, granted("a", LIFETIME));
    assert_eq!(rig.view(), View::SignedOut(Reason::Logout));
    assert_eq!(rig.timer(), None);
}

#[test]
fn s06_a_logout_lets_the_refresh_in_flight_answer_for_two_seconds_before_it_is_sent() {
    let mut rig = Rig::signed_in();
    rig.session.refresh(rig.now);
    rig.drain();
    let refresh = rig.last_refresh();
    let logout = rig.logout();
    rig.pass(Duration::from_millis(1_999));
    assert_eq!(rig.sent.last().unwrap().0, refresh);
    rig.pass(Duration::from_millis(1));
    assert_eq!(rig.aborted, [refresh]);
    assert_eq!(rig.sent.last().unwrap().0, logout);
}

#[test]
fn s07_signing_in_as_b_while_a_refresh_of_a_is_in_flight_is_never_a_again() {
    let mut rig = Rig::signed_in();
    let begun_as_a = rig.call();
    rig.session.refresh(rig.now);
    rig.drain();
    let refresh = rig.last_refresh();
    let login = rig.login();
    assert_eq!(rig.view(), View::SigningIn);

    rig.pass(2 * SECOND);
    assert_eq!(rig.aborted, [refresh]);
    rig.answer(login, granted("b", LIFETIME));
    let as_b = rig.call();
    rig.answer(refresh, granted("a", LIFETIME));
    let again = rig.call();
    assert_eq!(rig.token_of(again), rig.token_of(as_b));

    rig.resource(begun_as_a, 401);
    assert_eq!(
        rig.calls[begun_as_a],
        Call::Answered(401),
        "never repeated as b"
    );
}

#[test]
fn s07_a_late_cookie_of_a_after_the_login_of_b_ends_the_session_instead_of_changing_the_user() {
    let mut rig = Rig::signed_in();
    rig.session.refresh(rig.now);
    rig.drain();
    let login = rig.login();
    rig.pass(2 * SECOND);
    rig.answer(login, granted("b", LIFETIME));
    rig.session.refresh(rig.now);
    rig.drain();
    rig.answer_refresh(granted("a", LIFETIME));
    assert_eq!(rig.view(), View::SignedOut(Reason::Replaced));
    rig.pass(Duration::ZERO);
    assert_eq!(rig.sent.last().unwrap().1, Exchange::Logout(Scope::Local));
}

#[test]
fn s07_a_login_called_while_a_refresh_is_in_flight_is_sent_when_that_has_answered() {
    let mut rig = Rig::signed_in();
    rig.session.refresh(rig.now);
    rig.drain();
    let login = rig.login();
    assert_ne!(rig.sent.last().unwrap().0, login);
    rig.answer_refresh(granted("a", LIFETIME));
    assert_eq!(rig.sent.last(), Some(&(login, Exchange::Login)));
    assert_eq!(rig.view(), View::SigningIn);
}

#[test]
fn s15_after_a_429_the_session_stays_retry_after_is_kept_to_and_callers_are_told_with_it() {
    let mut rig = Rig::signed_in();
    rig.sleep(LIFE);
    let first = rig.call();
    let limited = Failure {
        retry_after: Some(30 * SECOND),
        ..Failure::new(Code::RateLimited).status(429)
    };
    rig.answer_refresh(Outcome::Failed(limited));
    assert_eq!(rig.calls[first], Call::Refused(limited));
    assert!(rig.is_signed_in());

    rig.sleep(10 * SECOND);
    let second = rig.call();
    let remaining = Failure {
        retry_after: Some(20 * SECOND),
        ..limited
    };
    assert_eq!(rig.calls[second], Call::Refused(remaining));
    assert_eq!(rig.refreshes(), 1);

    rig.sleep(20 * SECOND);
    let third = rig.call();
    assert_eq!(rig.refreshes(), 2);
    rig.answer_refresh(granted("a", LIFETIME));
    assert!(matches!(rig.calls[third], Call::Sent { .. }));
}

#[test]
fn s15_a_429_that_names_no_time_is_left_alone_for_a_while_all_the_same() {
    let mut rig = Rig::signed_in();
    rig.sleep(LIFE);
    rig.call();
    rig.answer_refresh(failed(Code::RateLimited));
    let next = rig.call();
    assert_eq!(rig.code_of(next), Code::RateLimited);
    rig.pass(2 * SECOND);
    assert_eq!(rig.refreshes(), 2);
}

#[test]
fn s17_a_network_error_while_the_token_is_still_good_leaves_the_token_in_use() {
    let mut rig = Rig::signed_in();
    rig.pass(LIFE - MINUTE);
    rig.answer_refresh(failed(Code::Network));
    let call = rig.call();
    assert!(matches!(rig.calls[call], Call::Sent { .. }));
    assert!(matches!(rig.view(), View::SignedIn { stale: false, .. }));
}

#[test]
fn s17_a_token_that_expires_while_it_cannot_be_renewed_is_announced_as_stale_once() {
    let mut rig = Rig::signed_in();
    rig.pass(LIFE - MINUTE);
    while !matches!(rig.view(), View::SignedIn { stale: true, .. }) {
        assert!(rig.now < Instant::from_millis(1_000).after(LIFE + SECOND));
        rig.answer_refresh(failed(Code::Network));
        rig.pass(SECOND);
    }
    let changes = rig.changes;
    rig.pass_until_refresh();
    assert_eq!(rig.changes, changes);
    rig.answer_refresh(granted("a", LIFETIME));
    assert!(matches!(rig.view(), View::SignedIn { stale: false, .. }));
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
fn s22_dispose_and_create_again_during_a_refresh_leaves_one_timer_chain_and_one_refresh() {
    let mut old = Rig::restoring();
    let waiting = old.call();
    old.session.dispose();
    old.drain();
    assert_eq!(old.code_of(waiting), Code::Disposed);
    assert_eq!(old.timer(), None);

    let mut new = Rig::restoring();
    assert_eq!(new.refreshes(), 1);
    old.answer_refresh(granted("a", LIFETIME));
    assert_eq!(
        (old.timer(), old.adopted.len(), old.refreshes()),
        (None, 0, 1)
    );
    old.tick();
    let late = old.call();
    assert_eq!(old.code_of(late), Code::Disposed);
    new.answer_refresh(granted("a", LIFETIME));
    assert_eq!((new.timer(), new.refreshes()), (Some(Timer::Refresh), 1));
}

#[test]
fn s23_a_listener_that_calls_back_in_between_two_effects_finds_a_whole_machine() {
    let mut rig = Rig::signed_in();
    rig.session.refresh(rig.now);
    rig.drain();
    let refresh = rig.last_refresh();
    let input = evertoken_core::Input::Answer {
        op: refresh,
        outcome: denied(Reason::Revoked),
    };
    rig.session.handle(rig.now, input);
    // The shell has performed one effect of several when a listener signs in and asks for a token.
    rig.session.poll_effect();
    let login = rig.session.login(rig.now).unwrap();
    assert!(matches!(rig.session.authorize(rig.now, None), Access::Wait(op) if op == login));
    rig.drain();
    rig.answer(login, granted("a", LIFETIME));
    assert!(rig.is_signed_in());
}

#[test]
fn s24_a_refresh_that_never_answers_releases_everyone_at_the_bound_and_the_session_stays() {
    let mut rig = Rig::signed_in();
    rig.sleep(LIFE);
    let calls = rig.calls(20);
    let refresh = rig.last_refresh();
    rig.pass(Duration::from_millis(9_999));
    assert!(
        calls
            .iter()
            .all(|call| matches!(rig.calls[*call], Call::Waiting { .. }))
    );
    rig.pass(Duration::from_millis(1));
    for call in calls {
        assert_eq!(rig.code_of(call), Code::Timeout);
    }
    assert_eq!(rig.aborted, [refresh]);
    assert!(rig.is_signed_in());
}

#[test]
fn s26_a_caller_that_goes_away_cancels_nothing_for_the_other_nineteen() {
    let mut rig = Rig::signed_in();
    rig.sleep(LIFE);
    let calls = rig.calls(20);
    rig.calls[calls[7]] = Call::Gone;
    rig.answer_refresh(granted("a", LIFETIME));
    let served = calls
        .iter()
        .filter(|call| matches!(rig.calls[**call], Call::Sent { .. }));
    assert_eq!(served.count(), 19);
    assert!(rig.aborted.is_empty());
}

#[test]
fn s27_an_answer_that_cannot_be_right_is_never_a_sign_out() {
    let absurd = Failure::new(Code::Misconfigured).detail(Detail::BadLifetime);
    for outcome in [
        failed(Code::Server),
        Outcome::Failed(absurd),
        Outcome::Ended,
    ] {
        let mut rig = Rig::signed_in();
        rig.sleep(LIFE);
        let call = rig.call();
        rig.answer_refresh(outcome);
        assert!(matches!(rig.calls[call], Call::Refused(_)));
        assert!(rig.is_signed_in());
    }
}

#[test]
fn s27_what_time_cannot_mend_is_not_tried_again_until_somebody_asks() {
    let mut rig = Rig::signed_in();
    rig.pass(LIFE - MINUTE);
    rig.answer_refresh(failed(Code::Misconfigured));
    rig.pass(10 * LIFE);
    assert_eq!(rig.refreshes(), 1);
    rig.call();
    assert_eq!(rig.refreshes(), 2);
}

#[test]
fn s33_a_wrong_password_while_signed_in_leaves_the_present_session() {
    let mut rig = Rig::signed_in();
    let before = rig.call();
    let login = rig.login();
    let meanwhile = rig.call();
    rig.answer(login, failed(Code::InvalidCredentials));
    assert_eq!(rig.result_of(login), Some(Err(Code::InvalidCredentials)));
    assert_eq!(rig.token_of(meanwhile), rig.token_of(before));
    assert_eq!(rig.timer(), Some(Timer::Refresh));
}

#[test]
fn s33_a_login_whose_answer_was_lost_is_found_out_by_one_refresh() {
    for (found, signed_in) in [
        (granted("b", LIFETIME), true),
        (denied(Reason::Expired), false),
    ] {
        let mut rig = Rig::signed_out();
        let login = rig.login();
        rig.answer(login, failed(Code::Network));
        assert_eq!(rig.result_of(login), Some(Err(Code::Network)));
        assert!(matches!(rig.view(), View::Restoring { .. }));
        let call = rig.call();
        assert_eq!(rig.refreshes(), 1);
        rig.answer_refresh(found);
        assert_eq!(rig.is_signed_in(), signed_in);
        assert_eq!(matches!(rig.calls[call], Call::Sent { .. }), signed_in);
    }
}

#[test]
fn a_restored_session_is_announced_and_a_missing_cookie_means_that_there_never_was_one() {
    let mut rig = Rig::restoring();
    let call = rig.call();
    rig.answer_refresh(granted("a", LIFETIME));
    assert!(matches!(rig.calls[call], Call::Sent { .. }));
    assert!(rig.events.contains(&Event::Restored));

    let mut rig = Rig::restoring();
    rig.answer_refresh(Outcome::Denied {
        reason: Some(Reason::Expired),
        missing: true,
        status: 401,
    });
    assert_eq!(rig.view(), View::SignedOut(Reason::Never));
}

#[test]
fn a_restore_that_fails_for_now_says_so_and_goes_on_trying() {
    let mut rig = Rig::restoring();
    let call = rig.call();
    rig.answer_refresh(failed(Code::Network));
    assert_eq!(rig.code_of(call), Code::Network);
    let trouble = Some(Failure::new(Code::Network));
    assert_eq!(rig.view(), View::Restoring { trouble });
    rig.pass(2 * SECOND);
    assert_eq!(rig.refreshes(), 2);
}

#[test]
fn a_cookie_that_never_came_back_after_a_login_is_misconfigured_and_no_logout() {
    let mut rig = Rig::signed_in();
    rig.sleep(LIFE);
    let call = rig.call();
    rig.answer_refresh(Outcome::Denied {
        reason: Some(Reason::Expired),
        missing: true,
        status: 401,
    });
    let Call::Refused(failure) = rig.calls[call] else {
        panic!("{:?}", rig.calls[call]);
    };
    assert_eq!(
        (failure.code, failure.detail),
        (Code::Misconfigured, Detail::CookieDropped)
    );
    assert!(rig.is_signed_in());
}

#[test]
fn a_denied_refresh_signs_out_with_the_reason_and_tells_everyone() {
    let mut rig = Rig::signed_in();
    rig.sleep(LIFE);
    let call = rig.call();
    rig.answer_refresh(denied(Reason::Reuse));
    assert_eq!(rig.code_of(call), Code::LoginRequired);
    assert_eq!(rig.view(), View::SignedOut(Reason::Reuse));
    assert_eq!(rig.events.last(), Some(&Event::SignedOut(Reason::Reuse)));
    assert_eq!(rig.timer(), None);
}

#[test]
fn a_login_ended_by_a_logout_is_refused_and_its_session_is_logged_out_if_it_was_granted() {
    let mut rig = Rig::signed_out();
    let login = rig.login();
    let logout = rig.logout();
    assert_eq!(rig.result_of(login), Some(Err(Code::LoginRequired)));
    rig.answer(login, granted("a", LIFETIME));
    assert!(!rig.is_signed_in());
    assert_eq!(rig.sent.last().unwrap().0, logout);
    rig.answer(logout, Outcome::Ended);
    rig.pass(Duration::ZERO);
    assert_eq!(rig.view(), View::SignedOut(Reason::Logout));
}

#[test]
fn a_queued_logout_that_a_younger_login_overtook_is_not_sent() {
    let mut rig = Rig::signed_in();
    rig.session.refresh(rig.now);
    rig.drain();
    let logout = rig.logout();
    let login = rig.login();
    assert_eq!(rig.result_of(logout), Some(Ok(())));
    rig.answer_refresh(granted("a", LIFETIME));
    assert_eq!(rig.sent.last().unwrap().0, login);
    rig.answer(login, granted("b", LIFETIME));
    assert!(rig.is_signed_in());
    rig.pass(MINUTE);
    assert!(
        !rig.sent
            .iter()
            .any(|(_, e)| matches!(e, Exchange::Logout(_)))
    );
}

#[test]
fn a_logout_that_the_server_could_not_be_told_rejects_stays_and_is_repeated_until_definite() {
    let mut rig = Rig::signed_in();
    let logout = rig.logout();
    rig.answer(logout, failed(Code::Network));
    assert_eq!(rig.result_of(logout), Some(Err(Code::Network)));
    assert_eq!(rig.view(), View::SignedOut(Reason::Logout));
    assert_eq!(rig.timer(), Some(Timer::Logout));

    rig.pass(2 * SECOND);
    let (again, exchange) = *rig.sent.last().unwrap();
    assert_ne!(again, logout);
    assert_eq!(exchange, Exchange::Logout(Scope::Global));
    assert_eq!(
        rig.view(),
        View::SignedOut(Reason::Logout),
        "nobody waits for the repetition"
    );
    rig.answer(again, Outcome::Ended);
    assert_eq!(rig.timer(), None);
}

#[test]
fn a_logout_of_the_others_leaves_this_session_alone() {
    let mut rig = Rig::signed_in();
    let logout = rig.logout_of(Scope::Others);
    let call = rig.call();
    assert!(matches!(rig.calls[call], Call::Sent { .. }));
    rig.answer(logout, Outcome::Ended);
    assert_eq!(rig.result_of(logout), Some(Ok(())));
    assert!(rig.is_signed_in());
}

#[test]
fn a_second_logout_joins_the_first() {
    let mut rig = Rig::signed_in();
    let (first, second) = (rig.logout(), rig.logout());
    assert_eq!(first, second);
    assert_eq!(
        rig.result_of(first),
        None,
        "neither is over before the answer"
    );
    assert_eq!(rig.sent.iter().filter(|(op, _)| *op == first).count(), 1);
}

#[test]
fn refreshing_while_signed_out_finds_a_session_that_a_popup_began_and_fails_without_a_change() {
    let mut rig = Rig::signed_out();
    rig.session.refresh(rig.now);
    rig.drain();
    let changes = rig.changes;
    rig.answer_refresh(failed(Code::Network));
    assert_eq!(rig.view(), View::SignedOut(Reason::Never));
    rig.session.refresh(rig.now);
    rig.drain();
    rig.answer_refresh(denied(Reason::Expired));
    assert_eq!(
        (rig.view(), rig.changes),
        (View::SignedOut(Reason::Never), changes)
    );
    rig.session.refresh(rig.now);
    rig.drain();
    rig.answer_refresh(granted("a", LIFETIME));
    assert!(rig.is_signed_in());
}

#[test]
fn signed_out_calls_are_refused_at_once_and_send_nothing() {
    let mut rig = Rig::signed_out();
    let call = rig.call();
    assert_eq!(rig.code_of(call), Code::LoginRequired);
    assert!(rig.sent.is_empty());
}

#[test]
fn a_session_set_from_elsewhere_wins_over_the_refresh_in_flight() {
    let mut rig = Rig::signed_in();
    rig.session.refresh(rig.now);
    rig.drain();
    let Outcome::Granted(elsewhere) = granted("b", LIFETIME) else {
        unreachable!()
    };
    rig.session.set_session(rig.now, elsewhere).unwrap();
    rig.drain();
    let call = rig.call();
    let token = rig.token_of(call);
    rig.answer_refresh(granted("a", LIFETIME));
    let next = rig.call();
    assert_eq!(rig.token_of(next), token);
}

#[test]
fn renewals_of_clients_that_started_together_are_spread() {
    let due = |seed| {
        let mut rig = Rig::signed_out_with(seed);
        let login = rig.login();
        rig.answer(login, granted("a", LIFETIME));
        let (at, _) = rig.session.poll_timeout().unwrap();
        at.since(rig.now).as_millis() as u64
    };
    let all: std::collections::BTreeSet<u64> = (0..100).map(due).collect();
    assert!(all.len() > 90);
    let latest = (LIFETIME - 60) * 1_000;
    assert!(all.iter().all(|at| (latest - 6_000..=latest).contains(at)));
}
