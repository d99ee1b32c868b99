//! Two tabs, and twenty: the scenarios of the project's list that take more than one.

use evertoken_core::{Access, Code, Config, Exchange, Outcome, Reason, Scope, Slot, View};

use crate::origin::Origin;
use crate::page::handed;
use crate::words::{ASK, LIFE, LIFETIME, MINUTE, SECOND, denied, failed, granted, ms, record_with};

#[test]
fn s07_signing_in_as_b_in_another_tab_while_as_refresh_is_in_flight_is_never_a_again() {
    let mut origin = Origin::signed_in(2);
    origin.pages[0].refresh();
    origin.run();
    origin.pass(ASK);
    let login = origin.pages[1].login();
    origin.run();
    assert_eq!(origin.sent.len(), 1, "it waits for the lock");
    // The holder never answers: it gives up, and only then the login is sent.
    origin.pass(11 * SECOND);
    origin.answer(login, granted("b", LIFETIME));
    assert!(origin.is_signed_in());
    let tokens: Vec<_> = origin.pages.iter_mut().map(|page| page.token()).collect();
    origin.pass(MINUTE);
    for (page, token) in origin.pages.iter_mut().zip(tokens) {
        assert_eq!(page.token(), token);
    }
    let b = origin.pages[0].asked().token.unwrap().subject;
    assert_eq!(b.as_deref(), Some("b"));
}

#[test]
fn s08_a_refresh_that_answers_within_its_bound_is_over_before_another_tabs_login_is_sent() {
    let mut origin = Origin::signed_in(2);
    let refresh = origin.pages[0].refresh();
    origin.run();
    origin.pass(ASK);
    let login = origin.pages[1].login();
    origin.pass(9 * SECOND);
    assert_eq!(origin.wire.len(), 1);
    origin.answer(refresh, granted("a", LIFETIME));
    origin.pass(ASK);
    assert_eq!(origin.sent.last(), Some(&(1, Exchange::Login)));
    origin.answer(login, granted("b", LIFETIME));
    assert!(origin.is_signed_in());
}

#[test]
fn s12_two_tabs_expire_together_one_refresh_and_so_do_twenty() {
    for tabs in [2, 20] {
        let mut origin = Origin::signed_in(tabs);
        for page in &mut origin.pages {
            page.sleep(LIFE);
        }
        let waiting: Vec<_> = origin.pages.iter_mut().map(|page| page.wait()).collect();
        origin.run();
        origin.pass(ASK);
        assert_eq!(origin.wire.len(), 1);
        origin.answer_first(granted("a", LIFETIME));
        origin.pass(MINUTE);
        assert_eq!(origin.refreshes(), 1, "{tabs} tabs");
        for (page, waiting) in origin.pages.iter_mut().zip(waiting) {
            assert_eq!(page.woken(waiting), Some(Ok(())));
            page.token();
        }
    }
}

#[test]
fn s12_two_tabs_whose_timers_ring_are_one_refresh_too() {
    let mut origin = Origin::signed_in(2);
    for _ in 0..5 {
        let before = origin.refreshes();
        origin.pass_until_sent();
        origin.answer_first(granted("a", LIFETIME));
        origin.pass(MINUTE);
        assert_eq!(origin.refreshes(), before + 1);
    }
}

#[test]
fn s13_the_tab_that_holds_the_lock_is_slow_the_others_get_its_result_and_no_timeout() {
    let mut origin = Origin::signed_in(3);
    for page in &mut origin.pages {
        page.sleep(LIFE);
    }
    let waiting: Vec<_> = origin.pages.iter_mut().map(|page| page.wait()).collect();
    origin.run();
    origin.pass(9 * SECOND);
    assert_eq!((origin.wire.len(), origin.refreshes()), (1, 1));
    origin.answer_first(granted("a", LIFETIME));
    for (page, waiting) in origin.pages.iter_mut().zip(waiting) {
        assert_eq!(page.woken(waiting), Some(Ok(())));
        page.token();
    }
    origin.pass(MINUTE);
    assert_eq!(origin.refreshes(), 1);
}

#[test]
fn s14_the_tab_that_holds_the_lock_is_frozen_bounded_wait_then_on_and_nothing_is_stolen() {
    let mut origin = Origin::signed_in(2);
    for page in &mut origin.pages {
        page.sleep(LIFE);
    }
    origin.pages[0].wait();
    origin.run();
    origin.pass(ASK);
    assert_eq!(origin.refreshes(), 1);
    origin.asleep = Some(0);

    let waiting = origin.pages[1].wait();
    origin.pass(11 * SECOND);
    origin.pass(ASK);
    assert_eq!(origin.refreshes(), 2);
    assert!(origin.pages[0].unlocked().is_empty());
    let (_, op, ..) = origin.wire.pop().unwrap();
    origin.pages[1].answer(op, granted("a", LIFETIME));
    assert_eq!(origin.pages[1].woken(waiting), Some(Ok(())));

    // It thaws: its own answer is old, and it takes what the other has.
    origin.asleep = None;
    origin.run();
    origin.answer_first(denied(Reason::Reuse));
    origin.pass(SECOND);
    assert!(origin.is_signed_in());
}

#[test]
fn s14_whoever_goes_on_beside_a_frozen_tab_sends_the_newest_key() {
    let mut origin = Origin::new();
    origin.open(crate::page::quiet());
    let login = origin.pages[0].login();
    origin.run();
    origin.answer(login, handed("a", "1.first"));
    origin.open(Config::default());
    origin.pages[0].refresh();
    origin.run();
    origin.pass(ASK);
    origin.asleep = Some(0);
    origin.pages[1].refresh();
    origin.pass(12 * SECOND);
    let keys: Vec<_> = origin.wire.iter().map(|(.., key)| key.as_deref()).collect();
    assert_eq!(keys, [Some("1.first"), Some("1.first")]);
}

#[test]
fn s29_a_tab_opened_beside_others_asks_no_server_and_logging_out_in_one_signs_all_out() {
    let mut origin = Origin::signed_in(5);
    origin.open(Config::default());
    assert_eq!(origin.sent, []);
    origin.pages[5].token();

    let logout = origin.pages[3].logout();
    origin.run();
    for (number, page) in origin.pages.iter().enumerate() {
        let seen = [View::SignedOut(Reason::Logout), View::SigningOut];
        assert_eq!(page.view(), seen[usize::from(number == 3)]);
    }
    origin.pass(ASK);
    assert_eq!(origin.sent, [(3, Exchange::Logout(Scope::Global))]);
    origin.answer(logout, Outcome::Ended);
    origin.pass(MINUTE);
    assert_eq!(origin.sent.len(), 1);
}

#[test]
fn s30_a_kept_page_learns_of_a_logout_that_its_notes_do_not_tell_of_before_its_first_request() {
    let mut origin = Origin::signed_in(3);
    origin.pages[0].leave();
    origin.run();
    origin.asleep = Some(0);
    origin.pages[1].logout();
    origin.run();
    // Storage has not caught up in the page that comes back, and the news were said while it was away.
    let old = origin.pages[0].stored();
    origin.asleep = None;
    origin.miss_news(0);
    let stored = evertoken_core::Stored {
        record: None,
        tombstone: None,
        ..old
    };
    origin.pages[0].input(evertoken_core::Input::Shown(stored));
    let waiting = origin.pages[0].wait();
    origin.run();
    assert_eq!(origin.pages[0].woken(waiting), Some(Ok(())));
    assert!(matches!(origin.pages[0].call(), Access::Refused(_)));
}

#[test]
fn s31_a_tab_that_is_closed_while_its_logout_waits_leaves_it_to_the_next_start() {
    let mut origin = Origin::signed_in(2);
    origin.pages[1].refresh();
    origin.run();
    origin.pass(ASK);
    origin.pages[0].logout();
    origin.run();
    assert_eq!(
        origin.refreshes(),
        origin.sent.len(),
        "it waits for the lock"
    );
    origin.pages[0].dispose();
    origin.answer_first(failed(Code::Network));
    origin.pages[1].dispose();
    origin.run();

    let next = origin.open(Config::default());
    assert_eq!(origin.pages[next].view(), View::SignedOut(Reason::Logout));
    assert_eq!(
        origin.sent.last(),
        Some(&(next, Exchange::Logout(Scope::Global)))
    );
}

#[test]
fn s32_tab_one_has_a_request_of_a_in_flight_and_tab_two_signs_in_as_b_it_is_not_sent_as_b() {
    let mut origin = Origin::signed_in(2);
    let of_a = origin.pages[0].token();
    let login = origin.pages[1].login();
    origin.run();
    origin.pass(ASK);
    origin.answer(login, granted("b", LIFETIME));
    let of_b = origin.pages[0].token();
    assert_ne!(of_a, of_b);
    assert_eq!(origin.pages[0].call_after(Some(of_a)), Access::Replaced);
}

#[test]
fn s38_two_tabs_without_locks_renew_at_the_same_instant_with_one_key() {
    let mut origin = Origin::without_locks(1);
    let position = origin.pages[0].record().position;
    origin.pages[0].put(Slot::Record, record_with(position, Some("1.first")));
    origin.pages[0].look_at_storage();
    origin.open(Config::default());
    for page in &mut origin.pages {
        page.sleep(LIFE);
    }
    let waiting: Vec<_> = origin.pages.iter_mut().map(|page| page.wait()).collect();
    origin.run();
    origin.pass(ASK);
    let keys: Vec<_> = origin.wire.iter().map(|(.., key)| key.as_deref()).collect();
    assert_eq!(keys, [Some("1.first"), Some("1.first")]);
    // An honest repetition gets the same successor.
    origin.answer_first(handed("a", "2.second"));
    origin.answer_first(handed("a", "2.second"));
    for (page, waiting) in origin.pages.iter_mut().zip(waiting) {
        assert_eq!(page.woken(waiting), Some(Ok(())));
        page.token();
        assert_eq!(page.asked().key.as_deref(), Some("2.second"));
        assert_eq!(page.record().position.generation, 1);
    }
}

#[test]
fn two_logins_that_have_not_heard_of_each_other_rest_as_one_user_in_both_tabs() {
    let mut origin = Origin::without_locks(2);
    let logins = [origin.pages[0].login(), origin.pages[1].login()];
    origin.grant_all();
    for page in &mut origin.pages {
        page.pass(ASK);
    }
    origin.pages[0].answer(logins[0], granted("b", LIFETIME));
    origin.pages[1].sleep(ms(1));
    origin.pages[1].answer(logins[1], granted("c", LIFETIME));
    origin.wire.clear();
    origin.run();
    for page in &mut origin.pages {
        let subject = page.asked().token.unwrap().subject;
        assert_eq!(subject.as_deref(), Some("c"), "the later");
    }
}

#[test]
fn a_logout_of_a_tab_that_has_not_heard_of_a_login_ties_with_it_and_the_login_stays() {
    let mut origin = Origin::signed_in(2);
    let called = origin.pages[1].login();
    origin.run();
    origin.pass(ASK);
    // Granted; before the others hear of it, one of them signs out.
    origin.pages[1].answer(called, granted("b", LIFETIME));
    origin.wire.clear();
    origin.pages[0].sleep(SECOND);
    let logout = origin.pages[0].logout();
    origin.run();
    assert!(origin.is_signed_in());
    assert_eq!(origin.pages[0].result_of(logout), Some(Ok(())));
    origin.pass(MINUTE);
    assert!(!origin.sent.contains(&(0, Exchange::Logout(Scope::Global))));
}

#[test]
fn a_tab_that_thaws_with_its_timer_before_its_messages_asks_before_it_sends_an_old_key() {
    let mut origin = Origin::signed_in(2);
    origin.asleep = Some(0);
    for _ in 0..2 {
        origin.pass_until_sent();
        origin.answer_first(granted("a", LIFETIME));
        origin.pages[1].refresh();
        origin.run();
    }
    origin.answer_first(granted("a", LIFETIME));
    origin.pass(10 * SECOND);
    let before = origin.refreshes();
    assert!(origin.miss_news(0) > 0);
    origin.asleep = None;
    origin.pages[0].tick();
    assert!(origin.pages[0].wanted_lock().is_some());
    origin.run();
    origin.pass(SECOND);
    assert_eq!(origin.refreshes(), before, "what it missed is told");
    assert_eq!(origin.pages[0].adopted().len(), 1);
}

#[test]
fn the_tombstone_of_a_logout_that_a_tab_has_not_heard_of_is_not_hidden_by_its_refresh() {
    let mut origin = Origin::signed_in(2);
    let refresh = origin.pages[0].refresh();
    origin.run();
    origin.pass(ASK);
    origin.asleep = Some(0);
    origin.pages[1].logout();
    origin.run();
    origin.pages[1].dispose();
    origin.asleep = None;
    let missed = origin.miss_news(0);
    assert!(missed > 0);
    origin.answer(refresh, granted("a", LIFETIME));
    origin.pages[0].dispose();
    origin.run();
    assert!(!origin.pages[0].record().position.ended);

    let next = origin.open(Config::default());
    assert_eq!(origin.pages[next].view(), View::SignedOut(Reason::Logout));
    origin.pass(ASK);
    let logout = (next, Exchange::Logout(Scope::Global));
    assert_eq!(origin.sent.last(), Some(&logout));
}
