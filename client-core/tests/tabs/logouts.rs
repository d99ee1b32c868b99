//! A logout anywhere is a logout everywhere: of every login called before it, and of none called after.

use evertoken_core::{Code, Detail, Exchange, Outcome, Reason, Scope, Slot, View};

use crate::page::Page;
use crate::words::{
    ASK, GLOBAL, LIFETIME, LOCAL, MINUTE, NOON, SECOND, ended, failed, granted, login, login_at,
    logout, logout_at, ms, news, news_of, record, tombstone,
};

#[test]
fn a_logout_is_over_here_noted_and_told_before_any_lock_or_network_is_waited_for() {
    let mut page = Page::with_peer();
    let position = page.record().position;
    page.logout();
    let steps = [
        "forget",
        "record",
        "tombstone",
        "tell",
        "lock",
        "changed",
        "report",
    ];
    assert_eq!(page.steps(), steps);
    let told = &page.statuses()[0];
    assert!(told.position.ended && told.position > position);
    assert_eq!(told.reason, Some(Reason::Logout));
    assert_eq!(
        (page.view(), page.owed()),
        (View::SigningOut, Some(Scope::Global))
    );
    assert_eq!(page.record().position, told.position);
}

#[test]
fn who_signs_out_twice_ends_no_login_that_has_heard_of_neither() {
    let mut page = Page::alone();
    page.meet(crate::words::PEER);
    page.logout();
    let first = page.record().position;
    page.sleep(SECOND);
    page.logout_of(Scope::Local);
    let second = page.record().position;
    assert!(second > first && second.epoch.opened() > first.epoch.opened());
    page.news(news_of("b", login(1)));
    page.token();
}

#[test]
fn whoever_signs_out_of_a_session_that_was_refused_opens_an_epoch_after_it() {
    let mut page = Page::with_peer();
    let refused = ended(page.record().position);
    page.news(news(refused));
    page.logout();
    assert!(page.record().position > refused);
}

#[test]
fn once_the_server_was_told_the_tombstone_says_so() {
    let mut page = Page::signed_in();
    let logout = page.logout_of(Scope::Local);
    assert_eq!(page.owed(), Some(Scope::Local));
    page.get_lock();
    page.answer(logout, failed(Code::Network));
    assert_eq!(page.owed(), Some(Scope::Local));
    page.pass(SECOND);
    page.get_lock();
    assert_eq!(page.sent(), [LOCAL, LOCAL]);
    page.answer_last(Outcome::Ended);
    assert_eq!(page.owed(), None);
    assert_eq!(page.timer(), None);
}

#[test]
fn a_logout_that_ends_nothing_here_leaves_no_tombstone() {
    let mut page = Page::signed_in();
    let logout = page.logout_of(Scope::Others);
    page.get_lock();
    page.answer(logout, Outcome::Ended);
    assert_eq!(page.tombstone(), None);
    assert!(page.is_signed_in());
}

#[test]
fn a_tombstone_stays_until_the_next_logout() {
    let mut page = Page::signed_in();
    page.logout();
    page.get_lock();
    page.answer_last(Outcome::Ended);
    let refresh = page.refresh_sent();
    page.answer(refresh, granted("a", LIFETIME));
    let first = page.tombstone();
    assert!(page.is_signed_in() && first.is_some());
    page.sign_in("b");
    assert_eq!(page.tombstone(), first);
    page.logout();
    assert!(page.tombstone().map(|t| t.epoch) > first.map(|t| t.epoch));
}

#[test]
fn a_logout_here_ends_a_login_that_waits_too_and_so_does_one_that_joins_an_earlier() {
    let mut page = Page::with_peer();
    let waiting = page.login();
    page.logout();
    let failure = page.result_of(waiting).unwrap().unwrap_err();
    assert_eq!(failure.detail, Detail::LoggedOutMeanwhile);
    page.get_through();
    assert_eq!(page.sent(), [GLOBAL]);

    let waiting = page.login();
    assert_eq!(page.on_wire(), Some(page.logout()));
    assert!(page.result_of(waiting).unwrap().is_err());
    page.answer_last(Outcome::Ended);
    assert_eq!((page.sent(), page.wanted_lock()), (vec![GLOBAL], None));
}

#[test]
fn a_logout_elsewhere_ends_a_login_that_was_called_before_it_and_waits() {
    let mut page = Page::with_peer();
    page.sleep(SECOND);
    let waiting = page.login();
    page.sleep(ms(1));
    page.news(news(logout_at(5, page.now)));
    let failure = page.result_of(waiting).unwrap().unwrap_err();
    assert_eq!(
        (failure.code, failure.detail),
        (Code::LoginRequired, Detail::LoggedOutMeanwhile)
    );
    assert_eq!(page.woken(waiting), Some(Ok(())));
    assert_eq!(page.wanted_lock(), None);
    assert_eq!(page.view(), View::SignedOut(Reason::Logout));
}

#[test]
fn a_logout_elsewhere_ends_no_login_that_was_called_after_it_or_at_the_same_moment() {
    for (is_sent, before) in [(false, 0), (false, 1), (true, 0), (true, 1)] {
        let mut page = Page::with_peer();
        page.sleep(SECOND);
        let (called, opened) = (page.login(), page.now.before(ms(before)));
        if is_sent {
            page.get_through();
        }
        page.news(news(logout_at(5, opened)));
        assert_eq!(page.result_of(called), None);
        page.get_lock_if_wanted();
        page.pass(ASK);
        assert_eq!(page.sent(), [Exchange::Login]);
        page.answer(called, granted("b", LIFETIME));
        assert_eq!(page.result_of(called), Some(Ok(())));
        assert!(page.record().position > logout(6));
    }
}

#[test]
fn a_session_that_ended_elsewhere_otherwise_than_by_logout_ends_no_login() {
    for is_sent in [false, true] {
        let mut page = Page::with_peer();
        let called = page.login();
        if is_sent {
            page.get_through();
        }
        page.sleep(SECOND);
        page.news(news(ended(page.record().position)));
        page.news(news(ended(login_at(3, page.now))));
        assert_eq!(page.result_of(called), None);
        page.get_lock_if_wanted();
        page.pass(ASK);
        page.answer(called, granted("b", LIFETIME));
        assert_eq!(page.result_of(called), Some(Ok(())));
        assert!(page.is_signed_in());
    }
}

#[test]
fn a_logout_is_sent_although_a_younger_login_overtook_it_if_that_session_is_over_too() {
    let mut page = Page::with_peer();
    page.logout();
    page.news(news(ended(login(5))));
    page.get_through();
    assert_eq!(page.sent(), [GLOBAL]);
}

/// A login that is on its way when another tab signs out; its caller has been told.
fn overtaken() -> Page {
    let mut page = Page::with_peer();
    let called = page.login_sent();
    page.put(
        Slot::Tombstone,
        tombstone(logout_at(5, page.now), Some(Scope::Local)),
    );
    page.look_at_storage();
    let failure = page.result_of(called).unwrap().unwrap_err();
    assert_eq!(failure.detail, Detail::LoggedOutMeanwhile);
    assert_eq!(page.view(), View::SignedOut(Reason::Logout));
    page.look_from_here();
    page
}

#[test]
fn a_login_that_is_granted_too_late_logs_itself_out_under_the_same_lock() {
    let mut page = overtaken();
    let called = page.on_wire().unwrap();
    page.answer(called, granted("b", LIFETIME));
    assert!(!page.is_signed_in());
    assert!(!page.steps().contains(&"unlock") && !page.steps().contains(&"lock"));
    page.pass(ASK);
    assert_eq!(page.sent(), [LOCAL]);
    page.answer_last(Outcome::Ended);
    assert_eq!(page.unlocked().len(), 1);
    assert_eq!(page.owed(), None);
    let dones = page.steps().iter().filter(|step| **step == "done").count();
    assert_eq!(dones, 0, "its caller was told before");
}

#[test]
fn a_login_that_is_granted_too_late_logs_itself_out_whatever_the_server_was_told_before_of_the_logout()
 {
    let mut page = overtaken();
    let at = page.now;
    page.answer_last(granted("b", LIFETIME));
    page.put(Slot::Tombstone, tombstone(logout_at(5, at), None));
    page.look_at_storage();
    page.pass(ASK);
    assert_eq!(page.sent(), [LOCAL]);
}

#[test]
fn a_login_that_went_on_without_the_lock_waits_for_one_before_it_logs_itself_out() {
    let mut page = Page::signed_in();
    let called = page.login();
    let silent = page.wanted_lock().unwrap();
    page.pass(11 * SECOND);
    page.news(news(logout_at(5, page.now)));
    page.look_from_here();
    page.answer(called, granted("b", LIFETIME));
    assert_eq!(page.unlocked(), [silent], "it is not waited for twice");
    assert!(page.sent().is_empty());
    page.get_through();
    assert_eq!(page.sent(), [LOCAL]);
}

#[test]
fn a_login_that_had_not_heard_of_a_logout_before_it_is_logged_out_when_it_does() {
    for (at, owed) in [(NOON, &[LOCAL][..]), (NOON.after(SECOND), &[])] {
        let mut page = Page::with_peer();
        page.look_from_here();
        // It counts either way; but if it was the earlier, the server had heard of it before it granted this session.
        page.put(Slot::Tombstone, tombstone(logout_at(5, at), None));
        page.look_at_storage();
        page.get_lock_if_wanted();
        page.pass(ASK);
        assert_eq!(page.view(), View::SignedOut(Reason::Logout));
        assert_eq!(page.sent(), owed);
    }
}

#[test]
fn a_login_that_is_refused_too_late_leaves_nothing_to_log_out() {
    for refused in [
        failed(Code::InvalidCredentials),
        failed(Code::Network),
        crate::words::denied(Reason::Denied),
    ] {
        let mut page = overtaken();
        page.answer_last(refused);
        page.pass(MINUTE);
        assert!(page.sent().is_empty());
        assert_eq!(page.view(), View::SignedOut(Reason::Logout));
    }
}

#[test]
fn a_login_that_is_granted_too_late_leaves_the_cookie_jar_to_whoever_signed_in_since() {
    let mut page = overtaken();
    page.news(news_of("c", login(6)));
    page.answer_last(granted("b", LIFETIME));
    page.pass(SECOND);
    assert!(page.sent().is_empty() && page.is_signed_in());
}

#[test]
fn a_login_elsewhere_does_not_end_the_one_that_is_on_its_way_here() {
    let mut page = Page::with_peer();
    let called = page.login_sent();
    page.news(news_of("b", login(5)));
    page.answer(called, granted("c", LIFETIME));
    assert_eq!(page.result_of(called), Some(Ok(())));
    assert!(page.record().position > logout(6));
    assert_eq!(page.statuses().len(), 1, "and the others are told");
}

#[test]
fn a_queued_logout_that_a_login_elsewhere_overtook_is_not_sent() {
    for by_message in [true, false] {
        let mut page = Page::with_peer();
        let queued = page.logout();
        if by_message {
            page.news(news_of("b", login(5)));
        } else {
            page.put(Slot::Record, record(login(5)));
            page.put(Slot::Tombstone, tombstone(logout(2), None));
            page.look_at_storage();
        }
        assert_eq!(page.result_of(queued), Some(Ok(())));
        page.get_lock_if_wanted();
        page.pass(MINUTE);
        assert!(!page.sent().contains(&GLOBAL));
    }
}

#[test]
fn an_owed_logout_that_a_login_elsewhere_overtook_is_not_repeated() {
    let mut page = Page::with_peer();
    let logout = page.logout();
    page.get_through();
    page.answer(logout, failed(Code::Network));
    page.news(news_of("b", login(5)));
    page.look_from_here();
    page.pass(MINUTE);
    assert!(page.sent().is_empty() && page.wanted_lock().is_none());

    let mut page = Page::with_peer();
    let logout = page.logout();
    page.get_through();
    page.answer(logout, failed(Code::Network));
    page.pass(SECOND);
    assert!(page.wanted_lock().is_some(), "its repetition is queued");
    page.look_from_here();
    page.news(news_of("b", login(5)));
    assert!(!page.steps().contains(&"done"), "nobody waits for it");
    assert_eq!(page.wanted_lock(), None);
}

#[test]
fn a_logout_on_the_wire_does_not_end_the_login_that_overtook_it_however_it_is_answered() {
    for (outcome, told) in [(Outcome::Ended, true), (failed(Code::Network), false)] {
        let mut page = Page::with_peer();
        let logout = page.logout();
        page.get_through();
        page.news(news_of("b", login(5)));
        page.look_from_here();
        page.answer(logout, outcome);
        assert_eq!(page.result_of(logout).unwrap().is_ok(), told);
        assert!(!page.steps().contains(&"tombstone"));
        page.pass(MINUTE);
        assert!(page.is_signed_in() && page.sent().is_empty());
    }
}

#[test]
fn a_logout_of_the_others_is_sent_whoever_signs_in() {
    let mut page = Page::with_peer();
    page.logout_of(Scope::Others);
    page.news(news_of("b", login(5)));
    page.get_through();
    assert_eq!(page.sent(), [Exchange::Logout(Scope::Others)]);
}

#[test]
fn a_logout_elsewhere_leaves_this_tabs_own_to_be_sent_which_does_not_tell_of_the_later_one() {
    let mut page = Page::with_peer();
    let own = page.logout();
    page.news(news(logout(8)));
    assert_eq!(page.result_of(own), None);
    page.get_through();
    assert_eq!(page.sent(), [GLOBAL]);
    page.news(news(logout(9)));
    page.look_from_here();
    page.answer(own, Outcome::Ended);
    assert_eq!(page.result_of(own), Some(Ok(())));
    assert!(!page.steps().contains(&"tombstone"));
}
