//! A login that a logout overtook and whose answer nobody saw may leave its cookie yet: that is a debt of its own.

use evertoken_core::{Code, Config, Exchange, Outcome, Reason, Scope, Slot, Tombstone, View};

use crate::page::Page;
use crate::words::{
    LIFETIME, LOCAL, MINUTE, NOON, SECOND, failed, granted, later, login, logout, logout_at, news,
    record_with, tombstone,
};

/// As a login that was sent from there marks it.
fn mark(number: u32) -> String {
    Tombstone {
        epoch: login(number).epoch,
        owed: None,
    }
    .to_text()
}

/// The server has heard of the logout, but not of what the lost login may have left.
fn opened_after_a_lost_login() -> Page {
    let notes = [
        (Slot::Tombstone, tombstone(logout(5), None)),
        (Slot::Login, mark(4)),
    ];
    Page::finding(Config::default(), notes)
}

#[test]
fn it_is_logged_out_before_anything_is_restored_and_then_forgotten() {
    let mut page = opened_after_a_lost_login();
    assert_eq!(page.view(), View::SignedOut(Reason::Logout));
    page.get_through();
    assert_eq!(page.sent(), [LOCAL]);
    assert!(page.stored().login.is_some());
    page.answer_last(failed(Code::Network));
    page.pass(SECOND);
    page.get_lock();
    page.answer_last(Outcome::Ended);
    assert_eq!((page.sent(), page.stored().login), (vec![LOCAL; 2], None));
}

#[test]
fn a_mark_that_is_younger_than_the_logout_is_no_stray() {
    let notes = [
        (Slot::Tombstone, tombstone(logout(5), None)),
        (Slot::Login, mark(6)),
    ];
    let page = Page::finding(Config::default(), notes);
    assert_eq!(page.view(), View::Restoring { trouble: None });
}

#[test]
fn a_login_that_overwrites_its_mark_leaves_word_of_it_in_the_tombstone() {
    let mut page = opened_after_a_lost_login();
    page.login_sent();
    assert_eq!(page.sent(), [Exchange::Login]);
    assert_eq!(page.tombstone().unwrap().owed, Some(Scope::Local));
}

#[test]
fn a_logout_that_is_called_meanwhile_tells_of_both() {
    let mut page = opened_after_a_lost_login();
    page.logout_of(Scope::Local);
    assert_eq!(page.stored().login, None);
    assert_eq!(page.tombstone().unwrap().owed, Some(Scope::Local));
    page.get_through();
    page.answer_last(Outcome::Ended);
    assert_eq!((page.sent(), page.wanted_lock()), (vec![LOCAL], None));
}

#[test]
fn a_login_beside_the_mark_of_another_does_not_trust_the_cookie_jar() {
    let ends = |marked: bool| {
        let mut page = Page::alone();
        let called = page.login();
        if marked {
            page.put(Slot::Login, mark(1));
        }
        page.get_lock();
        page.answer(called, granted("b", LIFETIME));
        let refresh = page.refresh_sent();
        page.answer(refresh, granted("a", LIFETIME));
        page.is_signed_in()
    };
    assert!(ends(false) && !ends(true));
}

#[test]
fn a_lost_login_is_marked_again_for_the_settling_of_the_one_before_may_have_taken_its_mark() {
    let mut page = Page::with_peer();
    let called = page.login_sent();
    let mark = page.stored().login;
    page.logout();
    page.storage.borrow_mut().remove(&Slot::Login);
    page.answer(called, failed(Code::Timeout));
    assert!(mark.is_some() && page.stored().login == mark);
    page.get_through();
    page.answer_last(Outcome::Ended);
    let mut next = page.reloaded(Config::default());
    next.get_through();
    assert_eq!(next.sent(), [LOCAL]);
}

#[test]
fn a_login_on_its_way_whose_mark_another_tab_took_away_leaves_it_again() {
    let mut page = Page::with_peer();
    page.login_sent();
    let mark = page.stored().login;
    page.storage.borrow_mut().remove(&Slot::Login);
    page.look_at_storage();
    assert!(mark.is_some() && page.stored().login == mark);
    // What came from elsewhere is nobody's to touch.
    let mut other = Page::with_peer();
    other.refresh_sent();
    other.look_at_storage();
    assert_eq!(other.stored().login, None);
}

#[test]
fn this_tabs_own_login_is_no_stray_as_long_as_it_is_on_its_way() {
    let mut page = Page::with_peer();
    let called = page.login_sent();
    page.put(Slot::Tombstone, tombstone(logout(5), None));
    page.look_at_storage();
    page.answer(called, failed(Code::InvalidCredentials));
    page.pass(2 * MINUTE);
    assert_eq!((page.sent(), page.timer()), (vec![Exchange::Login], None));
}

#[test]
fn another_tabs_is_whatever_is_on_its_way_here() {
    let mut page = Page::with_peer();
    let refresh = page.refresh_sent();
    page.look_from_here();
    page.put(Slot::Tombstone, tombstone(logout(5), None));
    page.put(Slot::Login, mark(4));
    page.look_at_storage();
    page.answer(refresh, granted("a", LIFETIME));
    page.pass(MINUTE);
    page.get_through();
    assert_eq!(page.sent(), [LOCAL]);
}

#[test]
fn a_login_that_was_lost_is_looked_for_though_an_older_logout_was_noted_over_the_one_before_it() {
    let (older, newer) = (logout(2), logout_at(2, NOON.after(SECOND)));
    let notes = [
        (Slot::Tombstone, tombstone(older, None)),
        // A login that was sent from there writes the same text.
        (Slot::Login, tombstone(newer, None)),
    ];
    let mut page = Page::finding(Config::default(), notes);
    page.news(news(newer));
    assert!(matches!(page.view(), View::Restoring { .. }));
}

#[test]
fn a_login_that_was_lost_stands_where_it_was_sent_from_if_nothing_younger_was_noted() {
    let stands = |noted, from| {
        let notes = [
            (Slot::Record, record_with(noted, Some("5.key"))),
            (Slot::Login, tombstone(from, None)),
        ];
        let mut page = Page::finding(Config::default(), notes);
        let position = page.asked().position;
        page.get_through();
        (position, page.last_key())
    };
    let noted = later(login(5), 3);
    let key = Some(String::from("5.key"));
    for older in [login(5), login(4), logout(5)] {
        assert_eq!(stands(noted, older), (noted, key.clone()), "{older:?}");
    }
    for younger in [login(6), logout(6)] {
        let (position, last_key) = stands(noted, younger);
        assert_eq!(position, younger);
        assert_ne!(last_key, key, "{younger:?}");
    }
}
