//! A logout that a tab finds when it starts: what the server still has to be told, it is told first.

use evertoken_core::{
    Access, Code, Config, Exchange, Outcome, Reason, Restore, Scope, Slot, Timer, Tombstone, View,
};

use crate::page::Page;
use crate::words::{
    ASK, GLOBAL, LIFETIME, LOCAL, MINUTE, SECOND, failed, granted, later, login, logout, logout_at,
    ms, news, record, record_with, tombstone,
};

/// Finds a logout in the storage, of which the server may have to be told.
fn opened_with(tombstone: String, record: String, restore: Restore) -> Page {
    let config = Config {
        restore,
        ..Config::default()
    };
    let notes = [(Slot::Tombstone, tombstone), (Slot::Record, record)];
    Page::finding(config, notes)
}

#[test]
fn s31_a_tab_that_starts_with_an_owed_logout_sends_it_first_and_restores_nothing() {
    let notes = (tombstone(logout(5), Some(Scope::Global)), record(login(4)));
    let mut page = opened_with(notes.0, notes.1, Restore::Always);
    assert_eq!(page.view(), View::SignedOut(Reason::Logout));
    assert!(matches!(page.call(), Access::Refused(_)));
    page.get_lock();
    assert_eq!(page.sent(), [GLOBAL]);
    page.answer_last(Outcome::Ended);
    page.pass(MINUTE);
    assert_eq!(page.sent(), [GLOBAL]);
    assert_eq!(
        page.tombstone(),
        Some(Tombstone {
            epoch: logout(5).epoch,
            owed: None
        })
    );
}

#[test]
fn a_login_loses_no_tombstone_that_its_tab_has_not_read_and_one_that_it_has_read_says_nothing_any_longer()
 {
    let mut page = Page::with_peer();
    page.logout();
    page.get_lock();
    page.pass(ASK);
    page.answer_last(failed(Code::Network));
    let login = page.login_sent();
    let younger = tombstone(logout(9), Some(Scope::Global));
    page.put(Slot::Tombstone, younger);
    page.answer(login, granted("b", LIFETIME));
    assert_eq!(page.tombstone().map(|t| t.epoch), Some(logout(9).epoch));

    let mut page = Page::signed_in();
    page.logout();
    page.get_lock();
    page.answer_last(failed(Code::Network));
    page.sign_in("b");
    assert_eq!(page.owed(), Some(Scope::Global), "still noted");
    let mut next = page.reloaded(Config::default());
    assert!(matches!(next.view(), View::Restoring { .. }));
    next.get_through();
    assert!(
        matches!(next.sent()[..], [Exchange::Refresh(_)]),
        "{:?}",
        next.sent()
    );
}

#[test]
fn s31_a_tab_that_is_closed_while_its_logout_waits_for_the_lock_leaves_it_to_the_next() {
    let mut page = Page::with_peer();
    page.logout();
    assert!(page.wanted_lock().is_some() && page.sent().is_empty());
    let mut next = page.reloaded(Config::default());
    assert_eq!(next.view(), View::SignedOut(Reason::Logout));
    next.get_through();
    assert_eq!(next.sent(), [GLOBAL]);
}

#[test]
fn an_owed_logout_that_was_found_at_the_start_is_repeated_until_it_is_definite() {
    let notes = (tombstone(logout(5), Some(Scope::Local)), record(login(4)));
    let mut page = opened_with(notes.0, notes.1, Restore::Always);
    page.get_lock();
    page.answer_last(failed(Code::Network));
    assert_eq!(page.timer(), Some(Timer::Logout));
    assert_eq!(page.owed(), Some(Scope::Local));
    page.pass(SECOND);
    page.get_lock();
    assert_eq!(page.sent(), [LOCAL, LOCAL]);
}

#[test]
fn a_tab_that_starts_with_a_logout_of_which_the_server_knows_may_look_for_a_session_but_with_no_old_key()
 {
    let notes = || {
        (
            tombstone(logout(5), None),
            record_with(login(4), Some("1.old")),
        )
    };
    let mut page = opened_with(notes().0, notes().1, Restore::Always);
    assert_eq!(page.view(), View::Restoring { trouble: None });
    page.get_lock();
    assert_eq!((page.refreshes(), page.last_key()), (1, None));
    let page = opened_with(notes().0, notes().1, Restore::Hint);
    assert_eq!(page.view(), View::SignedOut(Reason::Never));
    assert_eq!(page.wanted_lock(), None);
}

#[test]
fn a_tombstone_older_than_the_session_is_nothing_but_a_stone() {
    for position in [login(5), login(6), later(login(5), 3)] {
        let notes = (tombstone(logout(5), Some(Scope::Global)), record(position));
        let mut page = opened_with(notes.0, notes.1, Restore::Hint);
        assert_eq!(page.view(), View::Restoring { trouble: None });
        page.get_lock();
        assert_eq!(page.refreshes(), 1);
    }
}

#[test]
fn a_logout_that_nobody_had_heard_of_hides_behind_no_record() {
    // The tab that renewed last had not heard of it, and noted its own generation over the logout's record.
    let mut page = Page::with_peer();
    let refresh = page.refresh_sent();
    page.put(Slot::Tombstone, tombstone(logout(5), Some(Scope::Global)));
    page.answer(refresh, granted("a", LIFETIME));
    assert!(!page.record().position.ended);
    let next = page.reloaded(Config::default());
    assert_eq!(next.view(), View::SignedOut(Reason::Logout));
}

/// Signed in, when another tab signs out and cannot tell the server.
fn beside_a_debtor() -> Page {
    let mut page = Page::with_peer();
    page.put(Slot::Tombstone, tombstone(logout(5), Some(Scope::Global)));
    page.look_at_storage();
    page
}

/// The server could not be told, and the repetition waits for the lock.
fn repeating() -> Page {
    let mut page = Page::signed_in();
    let logout = page.logout();
    page.get_lock();
    page.answer(logout, failed(Code::Network));
    page.pass(SECOND);
    assert!(page.wanted_lock().is_some());
    page.look_from_here();
    page
}

#[test]
fn a_logout_that_is_asked_for_while_another_is_owed_tells_the_server_of_both_at_once() {
    let mut page = repeating();
    let logout = page.logout_of(Scope::Local);
    page.get_lock();
    assert_eq!((page.sent(), page.on_wire()), (vec![GLOBAL], Some(logout)));
    page.answer(logout, Outcome::Ended);
    page.pass(MINUTE);
    assert_eq!(page.sent(), [GLOBAL]);
}

#[test]
fn an_owed_logout_is_repeated_once_at_a_time_however_many_ask_for_a_token() {
    for is_sent in [false, true] {
        let mut page = repeating();
        if is_sent {
            page.get_lock();
        }
        page.refresh();
        page.get_lock_if_wanted();
        page.answer_last(Outcome::Ended);
        page.get_lock();
        assert!(matches!(page.sent()[..], [GLOBAL, Exchange::Refresh(_)]));
    }
}

#[test]
fn a_login_that_was_granted_after_a_logout_of_which_the_server_knew_is_owed_anew() {
    let mut page = Page::with_peer();
    let called = page.login_sent();
    let opened = logout_at(5, page.now.after(SECOND));
    page.put(Slot::Tombstone, tombstone(opened, None));
    page.look_at_storage();
    page.answer(called, granted("b", LIFETIME));
    assert_eq!(page.owed(), Some(Scope::Local));
}

#[test]
fn a_client_that_was_disposed_of_leaves_what_it_owes_to_the_next() {
    let mut page = repeating();
    page.dispose();
    assert_eq!((page.timer(), page.owed()), (None, Some(Scope::Global)));
}

#[test]
fn what_another_tab_owes_is_told_by_this_one_if_that_does_not_in_a_minute() {
    let mut page = beside_a_debtor();
    page.pass(MINUTE - ms(1));
    assert_eq!(page.wanted_lock(), None, "it is the other's own affair");
    page.pass(ms(1));
    page.get_through();
    assert_eq!(page.sent(), [GLOBAL]);
    page.answer_last(Outcome::Ended);
    assert_eq!((page.owed(), page.timer()), (None, None));
}

#[test]
fn before_that_no_tab_restores_what_it_was_to_end() {
    let mut page = beside_a_debtor();
    page.refresh();
    page.get_through();
    assert_eq!(page.sent(), [GLOBAL]);
}

#[test]
fn nor_does_one_whose_question_was_on_its_way_when_it_heard_of_the_debt() {
    let mut page = Page::with_peer();
    page.news(news(logout(5)));
    let refresh = page.refresh_sent();
    page.look_from_here();
    page.put(Slot::Tombstone, tombstone(logout(5), Some(Scope::Global)));
    page.look_at_storage();
    page.answer(refresh, granted("a", LIFETIME));
    assert_eq!(page.woken(refresh), Some(Err(Code::LoginRequired)));
    page.pass(ASK);
    assert_eq!(page.sent(), [GLOBAL]);
    assert!(!page.is_signed_in());
}

#[test]
fn what_another_tab_has_told_is_owed_no_longer() {
    let mut page = beside_a_debtor();
    page.put(Slot::Tombstone, tombstone(logout(5), None));
    page.look_at_storage();
    assert_eq!(page.timer(), None);

    let mut page = beside_a_debtor();
    page.pass(MINUTE);
    let lock = page.wanted_lock().unwrap();
    page.put(Slot::Tombstone, tombstone(logout(5), None));
    page.look_at_storage();
    assert_eq!((page.unlocked(), page.timer()), (vec![lock], None));
    assert!(page.sent().is_empty());
}

#[test]
fn a_login_that_was_granted_too_late_does_not_narrow_what_another_tab_owes() {
    let mut page = Page::with_peer();
    let called = page.login_sent();
    page.put(
        Slot::Tombstone,
        tombstone(logout_at(5, page.now.after(SECOND)), Some(Scope::Global)),
    );
    page.look_at_storage();
    page.answer(called, granted("b", LIFETIME));
    assert_eq!(page.owed(), Some(Scope::Global));
    page.pass(ASK);
    assert_eq!(page.sent().last(), Some(&GLOBAL));
}
