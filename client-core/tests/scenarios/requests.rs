//! Requests, and the one refresh that all of them share.

use evertoken_core::Duration;

use evertoken_core::Code;

use crate::rig::{Call, LIFE, LIFETIME, Rig, failed, granted};

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
fn s28_ten_thousand_requests_leave_nothing_behind() {
    let mut rig = Rig::signed_in();
    let timer = rig.session.poll_timeout();
    let (sent, changes, events) = (rig.sent.len(), rig.changes, rig.events.len());
    for _ in 0..10_000 {
        let call = rig.call();
        rig.resource(call, 200);
    }
    assert_eq!(rig.session.poll_timeout(), timer, "one timer, as before");
    let after = (rig.sent.len(), rig.changes, rig.events.len());
    assert_eq!(after, (sent, changes, events));
}
