//! The network fails, and the backend answers what it should not. Neither ends a session.

use evertoken_core::{Code, Contract, Detail, Failure, Input, Instant, Outcome, View};

use crate::rig::{Call, LIFE, LIFETIME, MINUTE, Rig, SECOND, failed, granted};
use evertoken_core::read::{self, Document, Media, Reply};

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
fn s16_offline_at_wake_up_it_waits_for_online_without_a_sign_out_or_a_storm() {
    let mut rig = Rig::signed_in();
    rig.session.handle(rig.now, Input::Online(false));
    rig.sleep(2 * LIFE);
    rig.tick();
    let call = rig.call();
    rig.answer_refresh(failed(Code::Network));
    assert_eq!(rig.code_of(call), Code::Network);
    assert!(rig.is_signed_in());
    rig.pass(MINUTE - SECOND);
    assert_eq!(rig.refreshes(), 1);

    rig.session.handle(rig.now, Input::Online(true));
    rig.drain();
    rig.pass(SECOND);
    assert_eq!(rig.refreshes(), 2);
    rig.answer_refresh(granted("a", LIFETIME));
    let call = rig.call();
    assert!(matches!(rig.calls[call], Call::Sent { .. }));
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

/// A body that is no JSON.
struct NoJson;

impl Document for NoJson {
    fn text(&self, _: &str) -> Option<String> {
        None
    }
    fn number(&self, _: &str) -> Option<f64> {
        None
    }
    fn claims(&self, _: &str) -> Option<Self> {
        None
    }
}

#[test]
fn s34_a_proxys_401_a_captive_portals_200_and_a_firewalls_403_in_place_of_the_answer_sign_nobody_out()
 {
    for status in [401, 200, 403, 302, 503] {
        let page: Reply<NoJson> = Reply {
            status,
            media: Media::Html,
            challenge: None,
            retry_after: None,
            date: None,
            wall: 0,
            body: None,
        };
        let mut rig = Rig::signed_in();
        rig.sleep(LIFE);
        let call = rig.call();
        rig.answer_refresh(read::refresh(&page, &Contract::ROTATION));
        assert!(matches!(rig.calls[call], Call::Refused(_)), "{status}");
        assert!(rig.is_signed_in(), "{status}");
    }
}
