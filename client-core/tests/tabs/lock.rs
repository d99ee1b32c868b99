//! One exchange at a time: the lock that all tabs share, and what happens when nobody gives it back.

use evertoken_core::{Config, Event, Exchange, Outcome, Reason, Scope, Timer, View, Why};

use crate::page::{Page, quiet};
use crate::words::{ASK, LIFE, LIFETIME, SECOND, denied, granted, later, ms, news_of};

#[test]
fn nothing_is_sent_before_the_lock_is_held() {
    let mut page = Page::alone();
    page.login();
    assert!(page.wanted_lock().is_some());
    assert_eq!(page.timer(), Some(Timer::Lock));
    page.pass(10 * SECOND);
    assert!(page.sent().is_empty());
    page.get_lock();
    assert_eq!(page.sent(), [Exchange::Login]);
}

#[test]
fn the_lock_is_asked_for_once_however_many_wait_for_it() {
    let mut page = Page::signed_in();
    page.refresh();
    page.refresh();
    page.logout();
    page.login();
    let locks = page.steps().iter().filter(|step| **step == "lock").count();
    assert_eq!(locks, 1);
}

#[test]
fn whoever_waits_for_the_lock_longer_than_an_exchange_and_a_second_goes_on_without_it() {
    let mut page = Page::signed_in();
    page.refresh();
    page.pass(11 * SECOND - ms(1));
    assert_eq!(page.refreshes(), 0);
    page.pass(ms(1));
    assert_eq!(page.refreshes(), 1);
    assert_eq!(page.events()[0], Event::LockWaited(11 * SECOND));
    assert!(page.unlocked().is_empty(), "it is not stolen");
}

#[test]
fn the_bound_of_the_lock_follows_that_of_an_exchange() {
    let config = Config {
        request_timeout: 3 * SECOND,
        ..quiet()
    };
    let mut page = Page::signed_in_with(config);
    page.refresh();
    page.pass(4 * SECOND - ms(1));
    assert_eq!(page.refreshes(), 0);
    page.pass(ms(1));
    assert_eq!(page.refreshes(), 1);
}

#[test]
fn going_on_without_the_lock_does_not_mean_going_on_without_asking() {
    let mut page = Page::with_peer();
    page.refresh();
    page.pass(11 * SECOND);
    assert_eq!((page.questions(), page.refreshes()), (1, 0));
    page.pass(ASK);
    assert_eq!(page.refreshes(), 1);
}

#[test]
fn a_lock_that_comes_late_is_held_for_the_exchange_that_went_on_without_it() {
    let mut page = Page::signed_in();
    let refresh = page.refresh();
    let lock = page.wanted_lock().unwrap();
    page.pass(12 * SECOND);
    page.locked(lock);
    assert!(page.unlocked().is_empty());
    assert_eq!(page.refreshes(), 1, "it is on its way already");
    page.answer(refresh, granted("a", LIFETIME));
    assert_eq!(page.unlocked(), [lock]);
}

#[test]
fn a_lock_that_comes_while_the_others_are_asked_has_them_asked_again() {
    let mut page = Page::with_peer();
    page.refresh();
    let lock = page.wanted_lock().unwrap();
    page.pass(11 * SECOND);
    let first = page.question();
    page.pass(ms(60));
    page.locked(lock);
    assert_ne!(page.question(), first, "its holder may have renewed since");
    page.pass(ASK - ms(1));
    assert_eq!(page.refreshes(), 0);
    page.pass(ms(1));
    assert_eq!(page.refreshes(), 1);
}

#[test]
fn a_lock_that_was_not_waited_for_to_the_end_is_given_back_with_the_exchange_and_again_when_it_comes()
 {
    let mut page = Page::signed_in();
    let refresh = page.refresh();
    let lock = page.wanted_lock().unwrap();
    page.pass(11 * SECOND);
    page.answer(refresh, granted("a", LIFETIME));
    assert_eq!(page.unlocked(), [lock]);
    page.look_from_here();
    page.locked(lock);
    assert_eq!(page.unlocked(), [lock]);
    assert!(page.sent().is_empty());
}

#[test]
fn a_lock_of_an_earlier_exchange_lets_no_later_one_pass() {
    let mut page = Page::signed_in();
    let refresh = page.refresh();
    let earlier = page.wanted_lock().unwrap();
    page.pass(11 * SECOND);
    page.answer(refresh, granted("a", LIFETIME));
    page.refresh();
    page.look_from_here();
    page.locked(earlier);
    assert_eq!(page.unlocked(), [earlier]);
    assert!(page.sent().is_empty());
    page.get_lock();
    assert_eq!(page.refreshes(), 1);
}

#[test]
fn a_lock_that_is_wanted_no_longer_is_given_back_at_once() {
    let mut page = Page::with_peer();
    let waiting = page.refresh();
    let lock = page.wanted_lock().unwrap();
    let newer = later(page.record().position, 1);
    page.news(news_of("a", newer));
    assert_eq!(page.woken(waiting), Some(Ok(())));
    assert_eq!(page.unlocked(), [lock]);
    assert_eq!(page.timer(), Some(Timer::Refresh));
    page.look_from_here();
    page.locked(lock);
    assert_eq!(page.unlocked(), [lock], "it was granted meanwhile");
    assert!(page.sent().is_empty());
}

#[test]
fn the_lock_is_given_back_after_the_answer_is_noted_and_announced_and_listeners_come_last() {
    let mut page = Page::with_peer();
    let refresh = page.refresh_sent();
    page.look_from_here();
    page.answer(refresh, granted("a", LIFETIME));
    let steps = ["record", "adopt", "tell", "wake", "unlock", "changed"];
    assert_eq!(page.steps()[..6], steps);
    assert!(page.steps()[6..].iter().all(|step| *step == "report"));

    let refresh = page.refresh_sent();
    page.look_from_here();
    page.answer(refresh, denied(Reason::Revoked));
    let steps = [
        "forget", "record", "tell", "wake", "unlock", "changed", "report",
    ];
    assert_eq!(page.steps(), steps);
}

#[test]
fn an_exchange_under_way_keeps_the_lock_after_the_end_until_it_is_answered() {
    let mut page = Page::signed_in();
    let refresh = page.refresh_sent();
    let before = page.unlocked().len();
    page.dispose();
    assert_eq!(
        page.unlocked().len(),
        before,
        "the next would send it again"
    );
    page.answer(refresh, granted("a", LIFETIME));
    assert_eq!(page.unlocked().len(), before + 1);
    assert_eq!(page.timer(), None);
}

#[test]
fn each_exchange_takes_the_lock_for_itself() {
    let mut page = Page::signed_in();
    let refresh = page.refresh_sent();
    let login = page.login();
    page.look_from_here();
    page.answer(refresh, granted("a", LIFETIME));
    assert_eq!(page.unlocked().len(), 1, "another tab may be waiting");
    assert!(page.sent().is_empty());
    page.get_lock();
    assert_eq!(page.on_wire(), Some(login));
}

#[test]
fn how_long_the_lock_was_waited_for_is_told_if_it_was() {
    let mut page = Page::signed_in();
    page.refresh();
    page.get_lock();
    let waited = |event: &Event| matches!(event, Event::LockWaited(_));
    assert!(!page.events().iter().any(waited));

    let mut page = Page::signed_in();
    page.refresh();
    page.pass(ms(70));
    page.get_lock();
    assert_eq!(page.events()[0], Event::LockWaited(ms(70)));
}

#[test]
fn what_was_stored_by_the_time_the_lock_is_held_counts() {
    let mut page = Page::signed_in();
    let position = later(page.record().position, 1);
    page.refresh();
    page.put(
        evertoken_core::Slot::Record,
        crate::words::record_with(position, Some("3.new")),
    );
    page.get_lock();
    assert_eq!(page.last_key().as_deref(), Some("3.new"));
}

#[test]
fn a_login_that_is_sent_beside_a_silent_holder_does_not_trust_the_cookie_jar() {
    // The holder's own answer may still set its user's cookie.
    let ends = |held: bool| {
        let mut page = Page::alone();
        let login = page.login();
        if held {
            page.get_lock();
        } else {
            page.pass(11 * SECOND + ASK);
        }
        page.answer(login, granted("b", LIFETIME));
        let refresh = page.refresh_sent();
        page.answer(refresh, granted("a", LIFETIME));
        page.view()
    };
    assert_eq!(ends(false), View::SignedOut(Reason::Replaced));
    assert!(matches!(ends(true), View::SignedIn { .. }));
}

#[test]
fn it_trusts_it_again_once_a_refresh_has_named_the_same_user_or_the_doubt_has_come_true() {
    let in_doubt = || {
        let mut page = Page::alone();
        let login = page.login();
        page.pass(11 * SECOND + ASK);
        page.answer(login, granted("b", LIFETIME));
        page
    };
    let refreshed_as = |page: &mut Page, who| {
        let refresh = page.refresh_sent();
        page.answer(refresh, granted(who, LIFETIME));
        page.is_signed_in()
    };
    let mut page = in_doubt();
    assert!(refreshed_as(&mut page, "b") && refreshed_as(&mut page, "a"));

    let mut page = in_doubt();
    assert!(!refreshed_as(&mut page, "a"));
    page.answer_last(Outcome::Ended);
    page.sign_in("b");
    assert!(refreshed_as(&mut page, "a"));
}

#[test]
fn a_refresh_beside_a_silent_holder_spoils_nothing() {
    let mut page = Page::signed_in();
    let refresh = page.refresh();
    page.pass(11 * SECOND);
    page.answer(refresh, granted("a", LIFETIME));
    let refresh = page.refresh_sent();
    page.answer(refresh, granted("b", LIFETIME));
    assert!(page.is_signed_in());
}

#[test]
fn while_an_exchange_is_under_way_no_timer_begins_another() {
    let mut page = Page::signed_in();
    page.logout_of(Scope::Others);
    page.sleep(LIFE);
    assert_ne!(page.timer(), Some(Timer::Refresh));
    page.get_lock();
    page.tick();
    assert_eq!(page.sent(), [Exchange::Logout(Scope::Others)]);
}

#[test]
fn a_timer_asks_for_the_lock_like_everybody_else() {
    let mut page = Page::signed_in();
    page.pass(LIFE - 60 * SECOND);
    assert!(page.wanted_lock().is_some() && page.sent().is_empty());
    page.get_lock();
    assert_eq!(page.sent(), [Exchange::Refresh(Why::Timer)]);
}
