//! Logouts: over here at once, and at the server when it has heard of it; what may not happen meanwhile.

use evertoken_core::Duration;

use evertoken_core::{
    Access, Code, Exchange, Failure, Input, OpId, Outcome, Reason, Restore, Scope, Timer, View,
};

use crate::rig::{Call, LIFE, LIFETIME, MINUTE, Rig, SECOND, denied, failed, granted};

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
    rig.refresh();
    let refresh = rig.last_refresh();
    let logout = rig.logout();
    rig.pass(Duration::from_millis(1_999));
    assert_eq!(rig.sent.last().unwrap().0, refresh);
    rig.pass(Duration::from_millis(1));
    assert_eq!(rig.aborted, [refresh]);
    assert_eq!(rig.sent.last().unwrap().0, logout);
}

#[test]
fn s31_logout_while_offline_then_reload_is_still_signed_out_and_the_server_is_told_first() {
    let mut rig = Rig::signed_in();
    rig.session.handle(rig.now, Input::Online(false));
    let logout = rig.logout();
    rig.answer(logout, failed(Code::Network));
    assert_eq!(rig.result_of(logout), Some(Err(Code::Network)));

    let mut reloaded = rig.reloaded(Restore::Always);
    assert_eq!(reloaded.view(), View::SignedOut(Reason::Logout));
    assert_eq!(reloaded.sent.len(), 1);
    reloaded.answer(last_logout(&reloaded).0, failed(Code::Network));
    let mut reloaded = reloaded.reloaded(Restore::Always);
    reloaded.answer(last_logout(&reloaded).0, Outcome::Ended);
    reloaded.pass(MINUTE);
    assert_eq!((reloaded.refreshes(), logouts(&reloaded)), (0, 1));

    // The server knows, so it may be asked whether there is a session after all.
    let again = reloaded.reloaded(Restore::Always);
    assert_eq!((again.refreshes(), logouts(&again)), (1, 0));
}

#[test]
fn s36_twenty_requests_meet_a_403_that_ends_the_session_one_logout_and_none_for_an_earlier_token() {
    let mut rig = Rig::signed_in();
    let late = rig.call();
    let earlier = rig.token_of(late);
    rig.refresh();
    rig.answer_refresh(granted("a", LIFETIME));
    assert_eq!(rig.session.forbidden(rig.now, earlier), None);
    assert!(rig.is_signed_in());

    let calls = rig.calls(20);
    let token = rig.token_of(calls[0]);
    let ops: Vec<_> = calls
        .iter()
        .filter_map(|_| rig.session.forbidden(rig.now, token))
        .collect();
    rig.drain();
    assert_eq!((ops.len(), logouts(&rig)), (1, 1));
    assert_eq!(last_logout(&rig), (ops[0], Scope::Local));
    rig.answer(ops[0], Outcome::Ended);
    assert_eq!(rig.view(), View::SignedOut(Reason::Forbidden));
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
    rig.refresh();
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
fn a_refresh_while_a_logout_is_owed_sends_the_logout_first_and_restores_nothing() {
    let mut rig = owing(Scope::Global);
    rig.refresh();
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
    rig.refresh();
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
    rig.set_session("b");
    let of_b = rig.logout();
    assert_ne!(of_a, of_b);
    rig.answer(of_a, Outcome::Ended);
    assert_eq!(last_logout(&rig).0, of_b);
}

#[test]
fn a_session_set_from_elsewhere_survives_the_login_that_it_ended() {
    let mut rig = Rig::signed_out();
    let login = rig.login();
    rig.set_session("b");
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
fn a_logout_of_all_leaves_one_of_the_others_in_its_place_in_the_queue() {
    let mut rig = Rig::signed_in();
    rig.refresh();
    let others = rig.logout_of(Scope::Others);
    let logout = rig.logout();
    rig.answer_refresh(granted("a", LIFETIME));
    rig.answer(others, Outcome::Ended);
    let last_two: Vec<_> = rig.sent.iter().rev().take(2).map(|(op, _)| *op).collect();
    assert_eq!(last_two, [logout, others]);
}

#[test]
fn whoever_wants_a_refresh_while_a_logout_is_on_its_way_is_told_that_nobody_is_signed_in() {
    let mut rig = Rig::signed_in();
    let logout = rig.logout();
    let refused = Access::Refused(Failure::new(Code::LoginRequired));
    assert_eq!(rig.session.refresh(rig.now), refused);
    rig.drain();
    rig.answer(logout, Outcome::Ended);
    assert_eq!(rig.refreshes(), 0);
}

#[test]
fn a_logout_that_the_backend_refuses_for_good_is_not_repeated() {
    let mut rig = Rig::signed_in();
    let logout = rig.logout();
    rig.answer(logout, failed(Code::Misconfigured));
    assert_eq!(rig.result_of(logout), Some(Err(Code::Misconfigured)));
    assert_eq!((rig.timer(), logouts(&rig)), (None, 1));
    assert_eq!(rig.stored().tombstone.unwrap().owed, None);
}

#[test]
fn an_owed_logout_is_repeated_more_and_more_rarely() {
    let mut rig = owing(Scope::Global);
    let began = rig.now;
    for repeated in 1..=20 {
        let (at, _) = rig.session.poll_timeout().unwrap();
        rig.pass(at.since(rig.now));
        assert_eq!(logouts(&rig), 1 + repeated);
        rig.answer(last_logout(&rig).0, failed(Code::Network));
    }
    assert!(rig.now.since(began) > 5 * MINUTE);
}
