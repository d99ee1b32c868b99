//! Logins: from another user's, from elsewhere, refused and lost.

use evertoken_core::Duration;

use evertoken_core::{Code, Config, Event, Exchange, Reason, Restore, Scope, Timer, View};

use crate::rig::{Call, LIFETIME, Rig, SECOND, denied, failed, granted};

#[test]
fn s07_signing_in_as_b_while_a_refresh_of_a_is_in_flight_is_never_a_again() {
    let mut rig = Rig::signed_in();
    let begun_as_a = rig.call();
    rig.refresh();
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
    rig.refresh();
    let login = rig.login();
    rig.pass(2 * SECOND);
    rig.answer(login, granted("b", LIFETIME));
    rig.refresh();
    rig.answer_refresh(granted("a", LIFETIME));
    assert_eq!(rig.view(), View::SignedOut(Reason::Replaced));
    rig.pass(Duration::ZERO);
    assert_eq!(rig.sent.last().unwrap().1, Exchange::Logout(Scope::Local));
}

#[test]
fn s07_a_late_cookie_of_a_after_a_session_of_b_was_handed_over_ends_it_instead_of_changing_the_user()
 {
    let mut rig = Rig::signed_in();
    rig.refresh();
    rig.set_session("b");
    rig.answer_refresh(granted("a", LIFETIME));
    assert!(rig.is_signed_in());
    rig.refresh();
    rig.answer_refresh(granted("a", LIFETIME));
    assert_eq!(rig.view(), View::SignedOut(Reason::Replaced));
}

#[test]
fn s07_a_login_called_while_a_refresh_is_in_flight_is_sent_when_that_has_answered() {
    let mut rig = Rig::signed_in();
    rig.refresh();
    let login = rig.login();
    assert_ne!(rig.sent.last().unwrap().0, login);
    rig.answer_refresh(granted("a", LIFETIME));
    assert_eq!(rig.sent.last(), Some(&(login, Exchange::Login)));
    assert_eq!(rig.view(), View::SigningIn);
}

#[test]
fn s08_a_refresh_that_answers_within_its_bound_is_over_before_the_login_is_sent() {
    let mut rig = Rig::signed_in();
    rig.refresh();
    let login = rig.login();
    rig.pass(Duration::from_millis(1_999));
    assert_eq!(rig.sent.len(), 2, "a login, long ago, and the refresh");
    rig.answer_refresh(granted("a", LIFETIME));
    assert_eq!(rig.sent.last(), Some(&(login, Exchange::Login)));
    rig.answer(login, granted("b", LIFETIME));
    rig.refresh();
    rig.answer_refresh(granted("b", LIFETIME));
    assert!(rig.is_signed_in() && rig.aborted.is_empty());
}

#[test]
fn s32_a_request_of_a_that_is_in_flight_gets_its_401_back_and_is_not_sent_as_b() {
    let mut rig = Rig::signed_in();
    let (refused, waits) = (rig.call(), rig.call());
    let login = rig.login();
    rig.resource(waits, 401);
    rig.answer(login, granted("b", LIFETIME));
    rig.resource(refused, 401);
    for call in [refused, waits] {
        assert_eq!(rig.calls[call], Call::Answered(401));
    }
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
fn a_login_whose_answer_was_lost_changes_nothing_where_nobody_can_be_asked() {
    let mut rig = Rig::with(Config {
        tells: false,
        restore: Restore::Never,
        channel: false,
        ..Config::default()
    });
    rig.set_session("a");
    let call = rig.call();
    let token = rig.token_of(call);
    let login = rig.login();
    rig.answer(login, failed(Code::Network));
    assert_eq!(rig.result_of(login), Some(Err(Code::Network)));
    assert!(rig.stored().login.is_none());
    let next = rig.call();
    assert_eq!(rig.token_of(next), token);

    let overtaken = rig.login();
    rig.logout();
    rig.answer(overtaken, failed(Code::Network));
    assert!(rig.stored().login.is_some(), "its cookie may be there");
}

#[test]
fn what_is_on_the_wire_counts_until_somebody_signs_in_or_out() {
    let mut rig = Rig::signed_in();
    rig.refresh();
    let refresh = rig.last_refresh();
    assert!(rig.session.counts(refresh));
    rig.login();
    assert!(rig.session.counts(refresh), "the login waits for it");
    rig.set_session("b");
    assert!(!rig.session.counts(refresh));
}

#[test]
fn a_session_set_from_elsewhere_wins_over_the_refresh_in_flight() {
    let mut rig = Rig::signed_in();
    rig.refresh();
    rig.set_session("b");
    let call = rig.call();
    let token = rig.token_of(call);
    rig.answer_refresh(granted("a", LIFETIME));
    let next = rig.call();
    assert_eq!(rig.token_of(next), token);
}

#[test]
fn s37_a_refresh_that_names_another_user_is_announced_and_no_request_goes_on_as_that_one() {
    let mut rig = Rig::signed_in();
    let of_a = rig.call();
    rig.refresh();
    rig.answer_refresh(granted("b", LIFETIME));
    assert_eq!(rig.events.last(), Some(&Event::SignedIn));
    rig.resource(of_a, 401);
    assert_eq!(rig.calls[of_a], Call::Answered(401));
    let of_b = rig.call();
    assert!(matches!(rig.calls[of_b], Call::Sent { .. }));
}

#[test]
fn s40_a_refused_refresh_that_is_answered_after_a_newer_login_leaves_that_alone() {
    let mut rig = Rig::signed_in();
    rig.refresh();
    let refresh = rig.last_refresh();
    let login = rig.login();
    rig.pass(2 * SECOND);
    rig.answer(login, granted("b", LIFETIME));
    rig.answer(refresh, denied(Reason::Replaced));
    assert!(rig.is_signed_in());
    rig.refresh();
    rig.answer_refresh(granted("b", LIFETIME));
    assert!(rig.is_signed_in());
}

#[test]
fn a_refresh_that_was_given_up_casts_no_doubt_on_what_the_next_one_brings() {
    let mut rig = Rig::signed_in();
    rig.refresh();
    rig.pass(10 * SECOND);
    assert_eq!(rig.aborted.len(), 1);
    rig.pass_until_refresh();
    rig.answer_refresh(granted("b", LIFETIME));
    assert!(rig.is_signed_in());
}

#[test]
fn one_of_an_earlier_session_does_its_cookie_may_have_won_over_that_of_the_present_one() {
    let mut rig = Rig::signed_in();
    rig.refresh();
    rig.set_session("b");
    rig.pass(10 * SECOND);
    assert_eq!(rig.aborted.len(), 1);
    rig.refresh();
    rig.answer_refresh(granted("a", LIFETIME));
    assert_eq!(rig.view(), View::SignedOut(Reason::Replaced));
}

#[test]
fn a_429_to_the_refresh_of_an_earlier_session_holds_up_nobody_in_the_present_one() {
    let mut rig = Rig::signed_in();
    rig.refresh();
    rig.set_session("b");
    rig.answer_refresh(failed(Code::RateLimited));
    assert_eq!(rig.timer(), Some(Timer::Refresh));
    let told = rig.events.last();
    assert_eq!(told, Some(&Event::SignedIn), "and no failure since");
}
