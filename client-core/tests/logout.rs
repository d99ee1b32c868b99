//! Logouts that the server has not heard of, and what may not happen meanwhile.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "a test that fails says so by panicking; each file uses its own part of the rig"
)]

mod rig;

use core::time::Duration;

use evertoken_core::{Code, Exchange, Granted, OpId, Outcome, Reason, Scope, Timer, View};
use rig::{Call, LIFETIME, Rig, denied, failed, granted};

const SECOND: Duration = Duration::from_secs(1);

/// Signed out, while the server could not be told.
fn owing(scope: Scope) -> Rig {
    let mut rig = Rig::signed_in();
    let logout = rig.logout_of(scope);
    rig.answer(logout, failed(Code::Network));
    rig
}

fn last_logout(rig: &Rig) -> (OpId, Scope) {
    match rig.sent.last() {
        Some((op, Exchange::Logout(scope))) => (*op, *scope),
        other => panic!("the last that was sent is no logout: {other:?}"),
    }
}

fn logouts(rig: &Rig) -> usize {
    let is_logout = |(_, exchange): &&(OpId, Exchange)| matches!(exchange, Exchange::Logout(_));
    rig.sent.iter().filter(is_logout).count()
}

fn b() -> Granted {
    match granted("b", LIFETIME) {
        Outcome::Granted(granted) => granted,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refresh_while_a_logout_is_owed_sends_the_logout_first_and_restores_nothing() {
    let mut rig = owing(Scope::Global);
    rig.session.refresh(rig.now);
    rig.drain();
    assert_eq!(rig.refreshes(), 0);
    let (logout, _) = last_logout(&rig);
    rig.answer(logout, Outcome::Ended);
    rig.answer_refresh(denied(Reason::Expired));
    assert_eq!(rig.view(), View::SignedOut(Reason::Logout));
}

#[test]
fn a_refresh_that_waits_for_an_owed_logout_fails_with_it() {
    let mut rig = owing(Scope::Global);
    let login = rig.login();
    rig.answer(login, failed(Code::Network));
    let call = rig.call();
    let (logout, _) = last_logout(&rig);
    rig.answer(logout, failed(Code::Network));
    assert_eq!(rig.code_of(call), Code::Network);
    assert_eq!(rig.refreshes(), 0);
}

#[test]
fn a_login_of_unknown_fate_while_a_logout_is_owed_never_brings_the_old_session_back() {
    let mut rig = owing(Scope::Global);
    let login = rig.login();
    rig.answer(login, failed(Code::Network));
    assert_eq!(rig.refreshes(), 0, "the logout goes first");
    let (logout, _) = last_logout(&rig);
    rig.answer(logout, Outcome::Ended);
    rig.answer_refresh(denied(Reason::Expired));
    assert!(!rig.is_signed_in());
    assert_eq!(rig.timer(), None);
}

#[test]
fn a_login_that_is_granted_clears_an_owed_logout() {
    let mut rig = owing(Scope::Global);
    let login = rig.login();
    rig.answer(login, granted("b", LIFETIME));
    let before = logouts(&rig);
    rig.pass(60 * SECOND);
    assert_eq!(logouts(&rig), before);
    assert!(rig.is_signed_in());
}

#[test]
fn a_logout_that_was_joined_is_repeated_all_the_same() {
    let mut rig = Rig::signed_in();
    let logout = rig.logout();
    assert_eq!(rig.logout(), logout);
    rig.answer(logout, failed(Code::Network));
    assert_eq!(rig.timer(), Some(Timer::Logout));
}

#[test]
fn a_logout_that_a_login_overtook_is_sent_after_all_if_the_login_is_refused() {
    let mut rig = Rig::signed_in();
    rig.session.refresh(rig.now);
    rig.drain();
    rig.logout();
    let login = rig.login();
    rig.answer_refresh(granted("a", LIFETIME));
    rig.answer(login, failed(Code::InvalidCredentials));
    rig.pass(Duration::ZERO);
    assert_eq!(last_logout(&rig).1, Scope::Global);
}

#[test]
fn a_later_logout_neither_forgets_nor_narrows_an_owed_one() {
    let mut rig = owing(Scope::Global);
    let others = rig.logout_of(Scope::Others);
    rig.answer(others, failed(Code::Network));
    assert_eq!(rig.timer(), Some(Timer::Logout));

    let mut rig = owing(Scope::Global);
    rig.logout_of(Scope::Local);
    assert_eq!(last_logout(&rig).1, Scope::Global);
}

#[test]
fn a_session_set_from_elsewhere_is_ended_by_its_own_logout_and_by_no_older_one() {
    let mut rig = Rig::signed_in();
    let of_a = rig.logout();
    rig.session.set_session(rig.now, b()).unwrap();
    rig.drain();
    let of_b = rig.logout();
    assert_ne!(of_a, of_b);
    rig.answer(of_a, Outcome::Ended);
    assert_eq!(last_logout(&rig).0, of_b);
}

#[test]
fn a_session_set_from_elsewhere_survives_the_login_that_it_ended() {
    let mut rig = Rig::signed_out();
    let login = rig.login();
    rig.session.set_session(rig.now, b()).unwrap();
    rig.drain();
    rig.answer(login, granted("a", LIFETIME));
    rig.pass(SECOND);
    assert!(rig.is_signed_in());
    assert_eq!(logouts(&rig), 0);
}

#[test]
fn the_caller_of_a_login_is_told_once_whatever_ends_it() {
    let mut rig = Rig::signed_out();
    let login = rig.login();
    rig.logout();
    rig.session.dispose();
    rig.drain();
    assert_eq!(rig.done.iter().filter(|(op, _)| *op == login).count(), 1);
}

#[test]
fn what_was_about_to_be_sent_when_the_client_was_disposed_of_is_not() {
    let mut rig = Rig::signed_out();
    rig.session.login(rig.now).unwrap();
    rig.session.dispose();
    rig.drain();
    assert!(rig.sent.is_empty());
}

#[test]
fn a_refresh_that_queues_behind_a_logout_of_the_others_does_not_cut_it_short() {
    let mut rig = Rig::signed_in();
    rig.sleep(Duration::from_secs(LIFETIME));
    let others = rig.logout_of(Scope::Others);
    let call = rig.call();
    rig.pass(3 * SECOND);
    assert_eq!(rig.result_of(others), None);
    rig.answer(others, Outcome::Ended);
    rig.answer_refresh(granted("a", LIFETIME));
    assert!(matches!(rig.calls[call], Call::Sent { .. }));
}

#[test]
fn a_token_of_zero_seconds_that_cannot_be_renewed_becomes_stale_without_spinning() {
    let mut rig = Rig::signed_in_for(0);
    rig.session.refresh(rig.now);
    rig.drain();
    rig.answer_refresh(failed(Code::Misconfigured));
    // `pass` fails on a deadline that stays in the past.
    rig.pass(2 * SECOND);
    assert!(matches!(rig.view(), View::SignedIn { stale: true, .. }));
    assert_eq!(rig.timer(), None);
}

#[test]
fn whoever_hears_of_an_event_sees_the_session_it_led_to() {
    use evertoken_core::{Effect, Input};
    let mut rig = Rig::signed_in();
    rig.session.refresh(rig.now);
    rig.drain();
    let op = rig.last_refresh();
    let outcome = denied(Reason::Revoked);
    rig.session.handle(rig.now, Input::Answer { op, outcome });
    let mut order = Vec::new();
    while let Some(effect) = rig.session.poll_effect() {
        match effect {
            Effect::Changed => order.push("changed"),
            Effect::Report(_) => order.push("told"),
            _ => {}
        }
    }
    assert_eq!(order, ["changed", "told"]);
}
