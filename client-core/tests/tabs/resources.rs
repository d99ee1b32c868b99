//! What resources' answers say of the session, where the backend renews by itself; and that there is nothing to renew
//! with.

use evertoken_core::{
    Access, Code, Config, Detail, Effect, Event, Granted, OpId, Outcome, Reason, Slot, TokenId,
    View,
};

use crate::page::{Page, Storage, quiet};
use crate::words::{LIFE, MINUTE, SECOND, granted};

/// A tab whose backend renews, and in which `a` has just signed in with a token of second 100.
fn gateway() -> Page {
    let mut page = Page::load(
        Config {
            renews: false,
            ..quiet()
        },
        1,
        &Storage::default(),
    );
    let login = page.login();
    page.get_lock();
    page.pass(SECOND);
    page.answer(login, Outcome::Granted(issued("a", Some(100))));
    page.look_from_here();
    page
}

fn issued(who: &str, at: Option<u64>) -> Granted {
    Granted {
        lifetime: Some(LIFE),
        subject: Some(who.into()),
        issued_at: at,
        ..Granted::default()
    }
}

fn hand_over(page: &mut Page, with: TokenId, granted: Granted) -> Option<OpId> {
    let op = page.session.handed_over(page.now, page.now, with, granted);
    page.drain();
    op
}

#[test]
fn where_the_backend_renews_nothing_is_scheduled_and_an_old_token_is_used() {
    let mut page = gateway();
    let token = page.token();
    assert_eq!(page.timer(), None);
    page.pass(50 * LIFE);
    assert_eq!(page.token(), token);
    assert_eq!(page.call_after(Some(token)), Access::Replaced);
    let Access::Refused(failure) = page.session.refresh(page.now) else {
        panic!("there is no endpoint to ask");
    };
    assert_eq!(
        (failure.code, failure.detail),
        (Code::Misconfigured, Detail::BackendRenews)
    );
    assert!(matches!(
        page.session.view(page.now),
        View::SignedIn {
            stale: false,
            expires: Some(_),
            ..
        }
    ));
    assert!(page.sent().is_empty());
}

#[test]
fn a_token_from_a_header_is_adopted_announced_and_kept_to_by_late_answers() {
    let mut page = gateway();
    let first = page.token();
    page.sleep(SECOND);
    let op = hand_over(&mut page, first, issued("a", Some(101))).unwrap();
    let second = page.token();
    assert!(second > first);
    let adopts = |effect: &Effect| matches!(effect, Effect::Adopt { from: Some(from), token, keep_user: true, .. } if *from == op && *token == second);
    assert!(page.seen().iter().any(adopts));
    assert_eq!(page.events(), [Event::HandedOver]);
    let [status] = &page.statuses()[..] else {
        panic!("the other tabs are told once")
    };
    assert_eq!(status.position.generation, 1);
    assert!(status.token.is_some());
    // The 401 of a request that left with the older one is retried with the newer.
    assert_eq!(page.call_after(Some(first)), Access::Use(second));
}

#[test]
fn of_ten_answers_that_bring_a_token_one_is_adopted() {
    let mut page = gateway();
    let first = page.token();
    let adopted = (0..10).filter(|_| hand_over(&mut page, first, issued("a", Some(101))).is_some());
    assert_eq!(adopted.count(), 1);
}

#[test]
fn a_token_of_the_same_second_counts_only_in_the_answer_to_the_present_one() {
    let mut page = gateway();
    let first = page.token();
    assert!(hand_over(&mut page, first, issued("a", Some(100))).is_some());
    assert!(hand_over(&mut page, first, issued("a", Some(100))).is_none());
    assert!(hand_over(&mut page, first, issued("a", None)).is_none());
}

#[test]
fn an_older_token_or_one_of_another_user_is_not_adopted() {
    let mut page = gateway();
    let first = page.token();
    assert!(hand_over(&mut page, first, issued("a", Some(99))).is_none());
    assert!(hand_over(&mut page, first, issued("b", Some(101))).is_none());
    let login = page.login();
    page.get_lock();
    page.pass(SECOND);
    page.answer(login, Outcome::Granted(issued("b", Some(200))));
    // The request was sent as `a`, whoever its answer names.
    assert!(hand_over(&mut page, first, issued("b", Some(201))).is_none());
    page.logout();
    let second = TokenId::from_number(first.get() + 1).unwrap();
    assert!(hand_over(&mut page, second, issued("b", Some(202))).is_none());
}

#[test]
fn a_refusal_of_the_present_token_ends_the_session_everywhere_and_no_other_does() {
    let mut page = gateway();
    let first = page.token();
    hand_over(&mut page, first, issued("a", Some(101)));
    let second = page.token();
    page.session.refused(page.now, first, Reason::Revoked);
    page.drain();
    assert_eq!(page.token(), second);
    page.look_from_here();
    for _ in 0..2 {
        page.session.refused(page.now, second, Reason::Revoked);
        page.drain();
    }
    assert_eq!(
        page.session.view(page.now),
        View::SignedOut(Reason::Revoked)
    );
    let [status] = &page.statuses()[..] else {
        panic!("the other tabs are told once")
    };
    assert!(status.position.ended);
    // The server knows: no logout is sent.
    assert!(page.sent().is_empty());
    assert!(page.stored().record.unwrap().position.ended);
}

#[test]
fn a_tab_that_finds_nothing_to_renew_with_is_signed_out_alone() {
    let first = gateway();
    let mut other = first.reloaded(Config {
        renews: false,
        ..Config::default()
    });
    let op = other.wait();
    other.get_lock();
    other.pass(SECOND);
    other.look_from_here();
    other.answer(op, Outcome::NothingToSend);
    assert_eq!(
        other.session.view(other.now),
        View::SignedOut(Reason::Never)
    );
    assert_eq!(other.woken(op), Some(Err(Code::LoginRequired)));
    assert!(!other.stored().record.unwrap().position.ended);
    assert!(other.statuses().is_empty());
}

#[test]
fn a_session_that_cannot_be_renewed_lasts_as_long_as_its_token() {
    let mut page = Page::signed_in();
    let end = page.now.after(LIFE);
    while page.refreshes() == 0 {
        page.pass(MINUTE);
        page.get_lock_if_wanted();
    }
    let op = page.on_wire().unwrap();
    page.answer(op, Outcome::NothingToSend);
    assert!(matches!(page.call(), Access::Use(_)));
    page.look_from_here();
    while page.refreshes() == 0 {
        page.pass(SECOND);
        page.get_lock_if_wanted();
    }
    assert!(page.now >= end);
    let op = page.on_wire().unwrap();
    page.answer(op, Outcome::NothingToSend);
    assert_eq!(
        page.session.view(page.now),
        View::SignedOut(Reason::Expired)
    );
}

#[test]
fn a_token_that_was_refused_and_cannot_be_renewed_ends_the_session() {
    let mut page = Page::signed_in();
    let token = page.token();
    let Access::Wait(op) = page.call_after(Some(token)) else {
        panic!("it is to be renewed")
    };
    page.get_lock();
    page.pass(SECOND);
    page.answer(op, Outcome::NothingToSend);
    assert_eq!(
        page.session.view(page.now),
        View::SignedOut(Reason::Expired)
    );
}

#[test]
fn whoever_comes_back_from_a_login_elsewhere_asks_the_backend_and_not_the_other_tabs() {
    let mut page = Page::signed_in();
    page.session.redirects().unwrap();
    page.drain();
    assert!(page.storage.borrow().contains_key(&Slot::Login));
    let mut back = page.reloaded(Config {
        restore: evertoken_core::Restore::Hint,
        ..Config::default()
    });
    let op = back.wait();
    // The tab it left behind still has `a`.
    back.news(page.asked());
    assert!(matches!(back.call(), Access::Wait(_)));
    back.get_lock();
    back.pass(SECOND);
    back.answer(op, granted("b", 900));
    assert!(matches!(back.call(), Access::Use(_)));
    assert!(!back.storage.borrow().contains_key(&Slot::Login));
    page.look_at_storage();
    // It reads of a login that came after its own.
    assert!(matches!(page.call(), Access::Wait(_)));
}
