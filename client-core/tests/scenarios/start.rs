//! A page is loaded: is there a session from last time?

use evertoken_core::{Code, Detail, Event, Failure, Outcome, Reason, View};

use crate::rig::{Call, LIFE, LIFETIME, Rig, SECOND, denied, failed, granted};

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
fn s35_a_cookie_that_never_came_back_after_a_login_is_misconfigured_and_no_logout() {
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
fn refreshing_while_signed_out_finds_a_session_that_a_popup_began_and_fails_without_a_change() {
    let mut rig = Rig::signed_out();
    rig.refresh();
    let changes = rig.changes;
    rig.answer_refresh(failed(Code::Network));
    assert_eq!(rig.view(), View::SignedOut(Reason::Never));
    rig.refresh();
    rig.answer_refresh(denied(Reason::Expired));
    assert_eq!(
        (rig.view(), rig.changes),
        (View::SignedOut(Reason::Never), changes)
    );
    rig.refresh();
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
