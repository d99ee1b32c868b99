//! Logins: the epoch that each opens, and how a login is found out whose answer nobody saw.

use evertoken_core::{
    Code, Config, Event, Exchange, Granted, Outcome, Reason, Restore, Scope, Slot, View, Why,
};

use crate::page::{Page, Storage, handed, quiet};
use crate::words::{
    ASK, LIFETIME, SECOND, denied, ended, failed, granted, later, login, logout, ms, news, news_of,
    record, record_with,
};

fn hinted() -> Config {
    Config {
        restore: Restore::Hint,
        ..Config::default()
    }
}

fn elsewhere() -> Granted {
    Granted {
        subject: Some("b".into()),
        ..Granted::default()
    }
}

#[test]
fn a_login_opens_the_epoch_after_the_highest_that_was_seen_when_it_was_granted() {
    let mut page = Page::with_peer();
    let called = page.login_sent();
    page.news(news(login(8)));
    page.answer(called, granted("b", LIFETIME));
    let position = page.record().position;
    assert!(logout(9) < position && position < logout(10));
    assert_eq!(position.generation, 0);
    assert!(position.epoch.is_login() && !position.ended);
    assert_eq!(position.epoch.opened(), page.now);
    assert_eq!(page.statuses()[0].position, position);
}

#[test]
fn a_logout_opens_an_epoch_when_it_is_called_and_so_does_a_session_from_elsewhere() {
    let mut page = Page::with_peer();
    page.news(news(login(8)));
    page.sleep(SECOND);
    page.logout();
    let position = page.record().position;
    assert!(login(8) < position && position < login(9));
    assert_eq!(position.epoch.opened(), page.now);
    assert_eq!(page.tombstone().unwrap().epoch, position.epoch);

    page.session.set_session(page.now, elsewhere()).unwrap();
    page.drain();
    let position = page.record().position;
    assert!(logout(10) < position && position < logout(11));
}

#[test]
fn a_refresh_is_the_next_generation_of_the_epoch_it_was_sent_from() {
    let mut page = Page::signed_in();
    let position = page.record().position;
    for n in 1..4 {
        let refresh = page.refresh_sent();
        page.answer(refresh, granted("a", LIFETIME));
        assert_eq!(page.record().position, later(position, n));
    }
}

#[test]
fn a_refresh_after_the_last_generation_there_is_opens_an_epoch_of_its_own() {
    let mut page = Page::with_peer();
    let last = later(page.record().position, u32::MAX);
    page.news(news_of("a", last));
    let refresh = page.refresh_sent();
    page.answer(refresh, granted("a", LIFETIME));
    let position = page.record().position;
    assert!(position.epoch > last.epoch && position.generation == 1);
}

#[test]
fn a_restored_session_that_was_known_goes_on_in_its_epoch_and_an_unknown_one_opens_its_own() {
    let note = record_with(later(login(5), 3), Some("4.d"));
    let mut page = Page::finding(Config::default(), [(Slot::Record, note)]);
    assert_eq!(page.asked().key.as_deref(), Some("4.d"));
    page.meet(crate::words::PEER);
    page.get_through();
    assert_eq!(page.last_key().as_deref(), Some("4.d"));
    page.answer_last(granted("a", LIFETIME));
    assert_eq!(page.record().position, later(login(5), 4));
    assert!(page.events().contains(&Event::Restored));

    for over in [None, Some(ended(login(5))), Some(logout(6))] {
        let note = over.map(record).unwrap_or_default();
        let mut page = Page::finding(Config::default(), [(Slot::Record, note)]);
        page.get_lock();
        page.answer_last(granted("a", LIFETIME));
        let position = page.record().position;
        assert!(position.epoch > over.unwrap_or_default().epoch);
        assert_eq!((position.generation, position.ended), (1, false));
    }
}

#[test]
fn s37_a_refresh_that_names_another_user_replaces_the_session_is_announced_and_swaps_nothing_silently()
 {
    let mut page = Page::with_peer();
    let position = page.record().position;
    let token = page.token();
    let refresh = page.refresh_sent();
    page.look_from_here();
    page.answer(refresh, granted("b", LIFETIME));
    assert_eq!(page.events(), [Event::SignedIn]);
    assert_eq!(
        page.call_after(Some(token)),
        evertoken_core::Access::Replaced
    );
    let told = page.statuses().pop().unwrap();
    assert!(told.position.epoch > position.epoch && told.token.is_some());
}

#[test]
fn a_login_leaves_a_mark_before_it_is_sent_which_its_answer_clears() {
    for outcome in [
        granted("a", LIFETIME),
        failed(Code::InvalidCredentials),
        denied(Reason::Denied),
    ] {
        let mut page = Page::with_peer();
        let position = page.record().position;
        let called = page.login();
        assert_eq!(page.stored().login, None, "not yet");
        page.get_lock();
        page.look_from_here();
        page.pass(ASK);
        assert_eq!(page.steps(), ["tabs", "mark", "send"]);
        assert_eq!(page.stored().login, Some(position.epoch));
        page.answer(called, outcome);
        assert_eq!(page.stored().login, None);
    }
}

/// Nobody knows how it ended.
fn lost() -> Page {
    let mut page = Page::with_peer();
    let called = page.login_sent();
    page.look_from_here();
    page.answer(called, failed(Code::Network));
    assert_eq!(
        page.result_of(called).unwrap().unwrap_err().code,
        Code::Network
    );
    page
}

#[test]
fn s33_a_login_whose_answer_was_lost_keeps_its_mark_and_is_found_out_by_one_refresh() {
    let mut page = lost();
    let position = page.record().position;
    assert!(page.stored().login.is_some() && page.forgot());
    assert_eq!(page.view(), View::Restoring { trouble: None });
    page.meet(crate::words::PEER);
    page.get_through();
    assert_eq!(page.sent(), [Exchange::Refresh(Why::Restore)]);
    page.answer_last(granted("b", LIFETIME));
    assert_eq!(page.stored().login, None);
    let found = page.record().position;
    assert!(
        found.epoch > position.epoch,
        "the others are not to go on with what they had"
    );
    assert_eq!((page.statuses()[0].position, found.generation), (found, 1));
    assert!(page.events().contains(&Event::Restored));
}

#[test]
fn s33_if_there_is_none_the_mark_is_cleared_too() {
    let mut page = lost();
    page.get_through();
    page.answer_last(denied(Reason::Expired));
    assert_eq!(page.stored().login, None);
    assert_eq!(page.view(), View::SignedOut(Reason::Expired));
}

#[test]
fn as_long_as_it_is_not_known_the_mark_stays_and_it_is_tried_again() {
    let mut page = lost();
    page.get_through();
    page.answer_last(failed(Code::RateLimited));
    assert!(page.stored().login.is_some());
    assert!(matches!(page.view(), View::Restoring { trouble: Some(_) }));
    page.pass(2 * SECOND);
    page.get_lock();
    assert_eq!(page.refreshes(), 2);
}

#[test]
fn a_login_that_was_given_up_is_found_out_too() {
    let mut page = Page::signed_in();
    page.login();
    page.get_lock();
    page.pass(10 * SECOND);
    assert!(page.steps().contains(&"abort"));
    assert_eq!(page.view(), View::Restoring { trouble: None });
    assert!(page.stored().login.is_some());
}

#[test]
fn while_a_login_is_found_out_what_others_still_have_of_that_epoch_does_not_count() {
    let mut page = lost();
    let position = page.record().position;
    page.news(news_of("a", position));
    page.news(news_of("a", later(position, 1)));
    assert!(page.adopted().is_empty());
    assert_eq!(page.view(), View::Restoring { trouble: None });
    page.get_through();
    page.answer_last(granted("b", LIFETIME));
    assert!(page.record().position.epoch > position.epoch, "still");
}

#[test]
fn while_a_login_is_found_out_a_later_login_elsewhere_counts_and_settles_it() {
    let mut page = lost();
    page.news(news_of("c", login(5)));
    assert_eq!(page.adopted().len(), 1);
    assert!(page.is_signed_in() && page.wanted_lock().is_none());
    let refresh = page.refresh_sent();
    page.look_from_here();
    page.answer(refresh, granted("c", LIFETIME));
    assert_eq!(page.record().position, later(login(5), 1));
    assert!(
        !page.steps().contains(&"mark"),
        "another tab's login may be on its way"
    );
}

#[test]
fn while_a_login_is_found_out_a_logout_elsewhere_settles_it_too() {
    let mut page = lost();
    page.news(news(logout(5)));
    let refresh = page.refresh_sent();
    page.look_from_here();
    page.answer(refresh, granted("c", LIFETIME));
    assert!(!page.steps().contains(&"mark"));
}

#[test]
fn a_logout_while_a_login_is_found_out_ends_what_may_come_of_that_before_anything_is_restored() {
    let mut page = lost();
    let logout = page.logout();
    page.get_through();
    page.answer(logout, Outcome::Ended);
    assert!(page.stored().login.is_some(), "its cookie may come yet");
    page.look_from_here();
    page.refresh();
    for _ in 0..2 {
        page.get_through();
        if page.refreshes() == 0 {
            page.answer_last(Outcome::Ended);
        }
    }
    let local = Exchange::Logout(Scope::Local);
    assert_eq!(page.sent(), [local, Exchange::Refresh(Why::Demand)]);
    assert_eq!(page.stored().login, None);
    page.look_from_here();
    page.answer_last(granted("c", LIFETIME));
    assert!(!page.steps().contains(&"mark"));
}

#[test]
fn once_it_is_found_out_no_later_refresh_clears_the_mark_of_another_tab() {
    for found in [granted("b", LIFETIME), denied(Reason::Expired)] {
        let mut page = lost();
        page.get_through();
        page.answer_last(found);
        let refresh = page.refresh_sent();
        page.look_from_here();
        page.answer(refresh, granted("b", LIFETIME));
        assert!(!page.steps().contains(&"mark"));
    }
}

#[test]
fn while_a_login_is_found_out_a_later_login_that_is_read_of_is_what_is_looked_for() {
    let mut page = lost();
    page.put(Slot::Record, record(login(5)));
    page.look_at_storage();
    page.news(news_of("c", login(5)));
    assert!(page.is_signed_in());
}

#[test]
fn a_tab_that_starts_with_a_mark_looks_for_the_session_and_starts_from_no_other_tabs_token() {
    let closed = {
        let mut page = Page::with_peer();
        page.login_sent();
        page
    };
    let position = closed.record().position;
    let mut page = closed.reloaded(hinted());
    assert_eq!(page.view(), View::Restoring { trouble: None });
    page.reply(news_of("a", position));
    page.reply(news_of("a", later(position, 1)));
    assert!(page.adopted().is_empty());
    page.get_through();
    page.answer_last(granted("b", LIFETIME));
    assert!(page.record().position.epoch > position.epoch);
    assert_eq!(page.stored().login, None);
}

#[test]
fn a_first_login_that_was_lost_with_its_tab_is_looked_for_although_nothing_else_is_known() {
    let closed = {
        let mut page = Page::alone();
        page.login();
        page.get_lock();
        page
    };
    assert_eq!(closed.stored().record, None);
    let page = closed.reloaded(hinted());
    assert_eq!(page.view(), View::Restoring { trouble: None });
    let page = closed.reloaded(quiet());
    assert_eq!(page.view(), View::SignedOut(Reason::Never));
}

#[test]
fn a_mark_that_is_taken_away_while_its_login_is_looked_for_leaves_the_session_what_it_was() {
    let notes = [
        (Slot::Record, record(login(5))),
        // As a login that is sent from there writes it.
        (Slot::Login, crate::words::tombstone(login(5), None)),
    ];
    for (is_taken_away, goes_on) in [(true, true), (false, false)] {
        let mut page = Page::finding(hinted(), notes.clone());
        page.get_lock();
        page.pass(ASK);
        if is_taken_away {
            page.storage.borrow_mut().remove(&Slot::Login);
            page.look_at_storage();
        }
        page.answer_last(granted("a", LIFETIME));
        let found = page.record().position;
        assert_eq!(found == later(login(5), 1), goes_on, "{found:?}");
    }
}

#[test]
fn a_mark_that_is_older_than_the_session_says_nothing_about_it() {
    let mark_of = |position| {
        // As a login that is sent from there writes it.
        let mut page = Page::load(quiet(), 1, &Storage::default());
        page.news(news(position));
        page.login_sent();
        page.storage.borrow()[&Slot::Login].to_string()
    };
    for (marked, adopts) in [(login(4), true), (login(5), false), (login(6), false)] {
        let notes = [
            (Slot::Record, record(login(5))),
            (Slot::Login, mark_of(marked)),
        ];
        let mut page = Page::finding(hinted(), notes);
        page.news(news_of("a", login(5)));
        assert_eq!(page.adopted().len() == 1, adopts, "{marked:?}");
    }
}

#[test]
fn a_tab_that_restores_nothing_starts_from_the_others_whatever_the_mark() {
    let closed = {
        let mut page = Page::with_peer();
        page.login_sent();
        page
    };
    let mut page = closed.reloaded(quiet());
    page.news(news_of("a", later(closed.record().position, 1)));
    assert_eq!(page.adopted().len(), 1);
    page.pass(ms(1));
}

#[test]
fn a_login_after_a_lost_one_settles_it() {
    let mut page = lost();
    let called = page.login_sent();
    page.look_from_here();
    page.answer(called, handed("b", "1.b"));
    assert_eq!(page.stored().login, None);
    assert_eq!(page.events(), [Event::SignedIn]);
    let position = page.record().position;
    let refresh = page.refresh_sent();
    page.look_from_here();
    page.answer(refresh, granted("b", LIFETIME));
    assert_eq!(page.record().position, later(position, 1));
    assert!(!page.steps().contains(&"mark"));
}

#[test]
fn a_session_from_elsewhere_after_a_lost_login_settles_it_too_even_while_it_is_being_found_out() {
    for is_sent in [false, true] {
        let mut page = lost();
        if is_sent {
            page.get_through();
            assert_eq!(page.refreshes(), 1);
        }
        page.session.set_session(page.now, elsewhere()).unwrap();
        page.drain();
        assert_eq!(page.stored().login, None);
        assert!(page.is_signed_in());
    }
}

#[test]
fn a_session_from_elsewhere_leaves_the_mark_of_a_login_that_is_on_its_way_until_that_is_answered() {
    let mut page = Page::with_peer();
    let called = page.login_sent();
    page.session.set_session(page.now, elsewhere()).unwrap();
    page.drain();
    assert!(page.stored().login.is_some());
    page.answer(called, granted("a", LIFETIME));
    assert_eq!(page.stored().login, None);
}
