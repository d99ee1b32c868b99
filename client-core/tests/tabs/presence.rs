//! How a tab makes itself known, and what it does when it is left and comes back.

use evertoken_core::{
    Access, Code, Config, Effect, Exchange, Message, Reason, Restore, Scope, Slot, Status, Timer,
    View, Why,
};

use crate::page::{Page, quiet};
use crate::words::{
    ASK, LIFE, LIFETIME, NOON, OTHER, PEER, granted, later, login, logout, ms, news, news_of,
    record, tombstone,
};

/// With a good token, left and shown again while another tab is there.
fn back() -> Page {
    let mut page = Page::with_peer();
    page.leave();
    page.put(Slot::Tabs, format!("2 {PEER}"));
    page.look_from_here();
    page.come_back();
    page
}

#[test]
fn a_tab_that_starts_notes_that_it_is_there_and_asks_where_the_session_stands() {
    let first = Page::alone();
    assert_eq!(first.steps(), ["tabs", "ask"]);
    let (name, _) = first.question();
    assert_eq!(first.stored().tabs, first.reread_tabs(&[name]));

    let second = Page::load(quiet(), 2, &first.storage);
    let (other, _) = second.question();
    assert_ne!(name, other);
    assert_eq!(second.stored().tabs, second.reread_tabs(&[other, name]));
}

#[test]
fn the_tabs_that_are_noted_are_asked() {
    let mut page = Page::finding(quiet(), [(Slot::Tabs, "2 2 3".into())]);
    page.login();
    page.get_lock();
    for from in [PEER, OTHER] {
        assert!(page.sent().is_empty());
        let status = news(evertoken_core::Position::default());
        page.reply(Status { from, ..status });
    }
    assert_eq!(page.sent(), [Exchange::Login]);
}

#[test]
fn a_tab_that_is_noted_later_is_seen_under_the_lock() {
    let mut page = Page::signed_in();
    page.refresh();
    page.put(Slot::Tabs, format!("2 {PEER}"));
    page.get_lock();
    assert_eq!((page.questions(), page.refreshes()), (1, 0));
}

#[test]
fn a_tab_that_finds_its_own_name_does_not_ask_itself() {
    let before = Page::alone();
    let (name, _) = before.question();
    // As a page does that was restored with all its draws, and comes back.
    let mut page = Page::load(quiet(), 1, &before.storage);
    assert_eq!(page.question().0, name);
    page.login();
    page.get_lock();
    assert_eq!(page.sent(), [Exchange::Login]);
}

#[test]
fn a_tab_that_asks_is_known_from_then_on() {
    let mut page = Page::signed_in();
    page.asked();
    page.refresh();
    page.get_lock();
    assert_eq!((page.questions(), page.refreshes()), (1, 0));
}

#[test]
fn a_tab_that_goes_says_so_and_takes_its_name_away() {
    let first = Page::alone();
    let mut second = Page::load(quiet(), 2, &first.storage);
    let (other, _) = first.question();
    second.look_from_here();
    second.leave();
    assert_eq!(second.steps(), ["tabs", "bye"]);
    assert_eq!(second.stored().tabs, second.reread_tabs(&[other]));
    let mut alone = Page::alone();
    alone.leave();
    assert!(!alone.storage.borrow().contains_key(&Slot::Tabs));
}

#[test]
fn the_lock_that_a_hidden_page_waits_for_is_given_up_and_nothing_is_begun() {
    let mut page = Page::with_peer();
    page.sleep(LIFE);
    page.wait();
    let lock = page.wanted_lock().unwrap();
    page.leave();
    assert_eq!(page.unlocked(), [lock]);
    assert_eq!(page.timer(), None);
    page.tick();
    page.login();
    page.pass(2 * LIFE);
    assert_eq!(page.wanted_lock(), None);
    page.locked(lock);
    assert!(page.sent().is_empty());
    assert_eq!(page.unlocked(), [lock, lock]);
}

#[test]
fn a_hidden_page_that_was_asking_gives_the_lock_back_unused() {
    let mut page = Page::with_peer();
    page.refresh();
    page.get_lock();
    page.leave();
    assert_eq!(page.unlocked().len(), 1);
    page.pass(ASK);
    let position = page.record().position;
    page.reply(news(position));
    assert!(page.sent().is_empty());
}

#[test]
fn a_hidden_page_begins_nothing_when_its_timers_are_due() {
    let mut page = Page::with_peer();
    page.leave();
    page.pass(2 * LIFE);
    assert!(page.sent().is_empty() && page.wanted_lock().is_none());

    let mut page = Page::with_peer();
    let logout = page.logout();
    page.get_through();
    page.answer(logout, crate::words::failed(evertoken_core::Code::Network));
    page.leave();
    page.look_from_here();
    page.pass(LIFE);
    assert!(page.sent().is_empty() && page.wanted_lock().is_none());
}

#[test]
fn what_is_on_the_wire_when_a_page_is_hidden_counts_and_then_the_lock_is_given_back() {
    let mut page = Page::with_peer();
    let refresh = page.refresh_sent();
    let position = page.record().position;
    page.leave();
    assert!(page.unlocked().is_empty());
    page.answer(refresh, granted("a", LIFETIME));
    assert_eq!(page.record().position, later(position, 1));
    assert_eq!(page.unlocked().len(), 1);
}

#[test]
fn what_waited_when_the_page_was_hidden_goes_on_when_it_is_shown() {
    let mut page = Page::with_peer();
    page.sleep(LIFE);
    let waiting = page.wait();
    page.leave();
    page.come_back();
    page.get_through();
    assert_eq!(page.on_wire(), Some(waiting));
}

#[test]
fn a_page_that_is_shown_again_asks_before_a_request_goes_out_and_refreshes_nothing_if_its_token_is_good()
 {
    let mut page = back();
    assert_eq!(page.steps(), ["tabs", "ask", "ask"]);
    let waiting = page.wait();
    assert_eq!((page.wanted_lock(), page.timer()), (None, Some(Timer::Ask)));
    let position = page.record().position;
    page.reply(news(position));
    assert_eq!(page.woken(waiting), Some(Ok(())));
    page.token();
    assert!(page.sent().is_empty() && page.wanted_lock().is_none());
    assert_eq!(page.timer(), Some(Timer::Refresh));
}

#[test]
fn it_does_not_wait_for_who_is_silent() {
    let mut page = back();
    let waiting = page.wait();
    page.pass(ASK - ms(1));
    assert_eq!(page.woken(waiting), None);
    page.pass(ms(1));
    assert_eq!(page.woken(waiting), Some(Ok(())));
    page.token();
}

#[test]
fn it_takes_what_is_newer_and_believes_in_an_end() {
    let mut page = back();
    let waiting = page.wait();
    page.reply(news_of("b", login(5)));
    assert_eq!(page.woken(waiting), Some(Ok(())));
    page.token();
    assert_eq!(page.adopted().len(), 1);

    let mut page = back();
    let waiting = page.wait();
    page.reply(Status {
        reason: Some(Reason::Logout),
        ..news(logout(5))
    });
    assert_eq!(page.woken(waiting), Some(Ok(())));
    assert!(matches!(page.call(), Access::Refused(_)));
}

#[test]
fn s30_a_page_that_was_kept_while_the_session_ended_knows_it_from_its_notes_before_any_request() {
    let mut page = Page::with_peer();
    page.leave();
    page.put(Slot::Tombstone, tombstone(logout(5), None));
    page.come_back();
    assert_eq!(page.view(), View::SignedOut(Reason::Logout));
    assert!(matches!(page.call(), Access::Refused(_)));
    assert!(page.sent().is_empty());
}

#[test]
fn s30_a_page_that_was_kept_while_another_user_signed_in_looks_for_that_session() {
    let mut page = Page::with_peer();
    page.leave();
    page.put(Slot::Record, record(login(5)));
    page.put(Slot::Tabs, format!("2 {PEER}"));
    page.come_back();
    let waiting = page.wait();
    page.reply(news_of("b", login(5)));
    assert_eq!(page.woken(waiting), Some(Ok(())));
    page.token();
    assert!(page.sent().is_empty());
}

#[test]
fn who_is_alone_on_return_asks_nobody() {
    let mut page = Page::signed_in();
    page.leave();
    page.come_back();
    page.token();
    assert_eq!((page.questions(), page.wanted_lock()), (1, None));
}

#[test]
fn who_was_there_before_is_not_waited_for_unless_it_still_is() {
    let mut page = Page::with_peer();
    page.leave();
    page.put(Slot::Tabs, "2".into());
    page.come_back();
    page.token();
}

#[test]
fn who_is_signed_out_on_return_only_greets() {
    let mut page = Page::finding(quiet(), [(Slot::Tabs, format!("2 {PEER}"))]);
    page.leave();
    page.put(Slot::Tabs, format!("2 {PEER}"));
    page.look_from_here();
    page.come_back();
    assert_eq!(page.steps(), ["tabs", "ask"]);
    assert!(matches!(page.call(), Access::Refused(_)));
}

#[test]
fn a_token_that_expired_meanwhile_is_renewed_under_the_lock_if_nobody_has_a_newer_one() {
    let mut page = Page::with_peer();
    page.leave();
    page.put(Slot::Tabs, format!("2 {PEER}"));
    page.sleep(LIFE);
    page.come_back();
    let first = page.question();
    let waiting = page.wait();
    let position = page.record().position;
    page.reply(news(position));
    assert!(page.sent().is_empty());
    page.get_lock();
    assert_ne!(page.question(), first, "once more, under the lock");
    page.reply(news(position));
    assert!(matches!(page.sent()[..], [Exchange::Refresh(_)]));
    assert_eq!(page.on_wire(), Some(waiting));
}

#[test]
fn a_look_whose_token_runs_out_meanwhile_becomes_a_refresh() {
    let mut page = Page::with_peer();
    page.leave();
    page.put(Slot::Tabs, format!("2 {PEER}"));
    page.sleep(LIFE - ms(50));
    page.come_back();
    page.pass(ASK);
    page.get_through();
    assert_eq!(page.sent(), [Exchange::Refresh(Why::Wake)]);
}

#[test]
fn whoever_wants_another_token_while_the_others_are_asked_gets_a_refresh_and_not_a_look() {
    let mut page = back();
    let look = page.wait();
    let refresh = page.refresh();
    assert_eq!(look, refresh);
    page.pass(ASK);
    assert_eq!(page.woken(look), None, "a look would have been over");
    page.get_lock_if_wanted();
    page.pass(ASK);
    assert_eq!(page.sent(), [Exchange::Refresh(Why::Demand)]);
}

#[test]
fn a_refresh_that_waited_before_the_page_was_hidden_asks_already() {
    let mut page = Page::with_peer();
    page.sleep(LIFE);
    let waiting = page.wait();
    page.leave();
    page.put(Slot::Tabs, format!("2 {PEER}"));
    page.look_from_here();
    page.come_back();
    assert_eq!(page.steps(), ["tabs", "ask", "lock"]);
    assert_eq!(page.wait(), waiting);
}

#[test]
fn s30_and_no_request_goes_out_with_the_old_token_while_it_asks() {
    let mut page = Page::with_peer();
    let refresh = page.refresh();
    page.leave();
    page.put(Slot::Tabs, format!("2 {PEER}"));
    page.come_back();
    assert_eq!(page.wait(), refresh, "its token would still be good");
    page.get_lock();
    page.pass(ASK);
    assert_eq!(page.wait(), refresh);
    page.answer(refresh, granted("a", LIFETIME));
    page.token();
}

#[test]
fn whoever_starts_is_told_what_to_wait_for_if_a_session_is_looked_for() {
    for (restore, looks) in [(Restore::Always, true), (Restore::Never, false)] {
        let config = Config {
            restore,
            ..Config::default()
        };
        let mut session = evertoken_core::Session::new(config, 1);
        let told = session.start(NOON, evertoken_core::Stored::default());
        assert_eq!(told.is_some(), looks);
        if let Some(op) = told {
            assert_eq!(session.authorize(NOON, None), Access::Wait(op));
        }
    }
}

#[test]
fn whoever_waits_when_the_client_is_disposed_of_is_told() {
    let mut page = back();
    let waiting = page.wait();
    page.dispose();
    assert_eq!(page.woken(waiting), Some(Err(Code::Disposed)));

    let mut page = Page::with_peer();
    let called = page.login();
    page.dispose();
    let failure = page.result_of(called).unwrap().unwrap_err();
    assert_eq!(failure.code, Code::Disposed);
}

#[test]
fn after_the_end_nothing_is_left_behind() {
    let first = Page::alone();
    let mut page = Page::load(quiet(), 2, &first.storage);
    page.refresh();
    let lock = page.wanted_lock().unwrap();
    page.look_from_here();
    page.dispose();
    assert_eq!(page.steps(), ["wake", "unlock", "tabs", "bye", "forget"]);
    assert_eq!(page.unlocked(), [lock]);
    assert_eq!(page.stored().tabs, page.reread_tabs(&[first.question().0]));
}

#[test]
fn after_the_end_nothing_that_is_heard_or_stored_or_shown_does_anything() {
    let mut page = Page::with_peer();
    page.logout_of(Scope::Others);
    page.dispose();
    page.look_from_here();
    page.news(news_of("b", login(5)));
    page.hear(Message::Ask {
        from: PEER,
        question: 1,
        has: None,
    });
    page.put(Slot::Record, record(login(6)));
    page.look_at_storage();
    page.leave();
    page.come_back();
    page.tick();
    page.dispose();
    assert_eq!(page.seen(), [] as [Effect; 0]);
    assert_eq!(page.timer(), None);
}
