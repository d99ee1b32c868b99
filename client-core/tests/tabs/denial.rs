//! A refusal counts only for the generation that was refused, and then for all tabs.

use evertoken_core::{Code, Config, Detail, Outcome, Reason, Restore, Slot, View};

use crate::page::{Page, handed, quiet};
use crate::words::{
    LIFE, LIFETIME, denied, ended, granted, later, login, news, news_of, record, record_with,
};

/// A refresh of the first generation is on its way, and somebody waits for it.
fn renewing() -> Page {
    let mut page = Page::with_peer();
    page.sleep(LIFE);
    page.wait();
    page.get_through();
    assert_eq!(page.refreshes(), 1);
    page.look_from_here();
    page
}

#[test]
fn a_refusal_ends_the_session_and_is_noted_and_told_to_the_others_with_its_reason() {
    let mut page = renewing();
    let position = page.record().position;
    page.answer_last(denied(Reason::Reuse));
    assert_eq!(page.view(), View::SignedOut(Reason::Reuse));
    let told = &page.statuses()[0];
    assert_eq!(
        (told.position, told.reason),
        (ended(position), Some(Reason::Reuse))
    );
    assert_eq!(told.answers, (0, 0));
    let record = page.record();
    assert_eq!(
        (record.position, record.reason),
        (ended(position), Some(Reason::Reuse))
    );
}

#[test]
fn s09_the_refusal_of_a_refresh_that_lost_a_race_does_not_end_the_winners_session() {
    let mut page = renewing();
    let refresh = page.on_wire().unwrap();
    page.news(news_of("a", later(page.record().position, 1)));
    let token = page.token();
    page.look_from_here();
    page.answer(refresh, denied(Reason::Reuse));
    assert_eq!(page.token(), token);
    assert_eq!(page.steps(), ["wake", "unlock"]);
}

#[test]
fn s09_nor_does_it_if_the_winner_was_only_read_of_and_then_the_newest_key_is_tried() {
    let mut page = renewing();
    let refresh = page.on_wire().unwrap();
    let newer = later(page.record().position, 1);
    page.put(Slot::Record, record_with(newer, Some("2.new")));
    page.look_at_storage();
    page.answer(refresh, denied(Reason::Reuse));
    assert_eq!(page.woken(refresh), Some(Ok(())));
    assert!(page.is_signed_in());
    assert_ne!(page.wait(), refresh);
    page.get_through();
    assert_eq!(page.last_key().as_deref(), Some("2.new"));
    page.answer_last(denied(Reason::Reuse));
    assert_eq!(page.view(), View::SignedOut(Reason::Reuse), "now it counts");
}

#[test]
fn a_refusal_of_an_epoch_that_is_over_ends_no_younger_one() {
    for status in [news(login(5)), news_of("b", login(5))] {
        let mut page = renewing();
        let refresh = page.on_wire().unwrap();
        page.news(status);
        page.answer(refresh, denied(Reason::Replaced));
        assert!(!matches!(page.view(), View::SignedOut(_)));
        assert!(page.statuses().is_empty());
    }
}

#[test]
fn who_finds_no_session_where_none_was_known_has_nothing_to_note_or_to_tell() {
    let mut page = Page::load(Config::default(), 1, &crate::page::Storage::default());
    page.get_lock();
    page.look_from_here();
    page.answer_last(denied(Reason::Expired));
    assert_eq!(page.view(), View::SignedOut(Reason::Expired));
    assert!(page.statuses().is_empty() && !page.steps().contains(&"record"));
}

#[test]
fn who_finds_the_session_of_last_time_over_tells_the_others_and_the_next() {
    let mut page = Page::finding(Config::default(), [(Slot::Record, record(login(5)))]);
    page.get_lock();
    page.look_from_here();
    page.answer_last(denied(Reason::Expired));
    assert_eq!(page.statuses()[0].position, ended(login(5)));
    assert_eq!(page.record().position, ended(login(5)));
    let hint = Config {
        restore: Restore::Hint,
        ..Config::default()
    };
    assert_eq!(page.reloaded(hint).wanted_lock(), None);
}

#[test]
fn who_only_asked_whether_there_is_a_session_after_all_leaves_no_key_behind() {
    let keyed = Config {
        random_keys: true,
        ..crate::page::quiet()
    };
    let mut page = Page::load(keyed, 1, &crate::page::Storage::default());
    let refresh = page.refresh_sent();
    assert!(
        page.record().refresh_key.is_some(),
        "kept before it is sent"
    );
    page.look_from_here();
    page.answer(refresh, denied(Reason::Expired));
    assert_eq!(page.view(), View::SignedOut(Reason::Never));
    assert_eq!(page.record().refresh_key, None);
    assert!(page.statuses().is_empty(), "that is no news");
}

#[test]
fn who_was_signed_out_already_says_it_to_nobody_again() {
    let mut page = Page::with_peer();
    page.news(news(ended(page.record().position)));
    let refresh = page.refresh_sent();
    page.look_from_here();
    page.answer(refresh, denied(Reason::Expired));
    assert_eq!(page.view(), View::SignedOut(Reason::Denied));
    assert_eq!(page.steps(), ["forget", "wake", "unlock"]);
}

fn missing() -> Outcome {
    Outcome::Denied {
        reason: None,
        missing: true,
        status: 401,
    }
}

#[test]
fn a_cookie_that_is_missing_after_another_tabs_refresh_is_no_dropped_one() {
    let mut page = Page::signed_in();
    page.news(news_of("a", later(page.record().position, 1)));
    let refresh = page.refresh_sent();
    page.answer(refresh, missing());
    assert_eq!(page.view(), View::SignedOut(Reason::Denied));
}

#[test]
fn a_cookie_that_never_came_back_after_a_login_is_told_to_nobody_as_an_end() {
    let mut page = Page::alone();
    let op = page.login();
    page.get_lock();
    page.answer(op, handed("a", "1.first"));
    let refresh = page.refresh_sent();
    page.look_from_here();
    page.answer(refresh, missing());
    let dropped = |event: &evertoken_core::Event| matches!(event, evertoken_core::Event::RefreshFailed { failure, retry_in: None } if failure.detail == Detail::CookieDropped && failure.code == Code::Misconfigured);
    assert!(page.events().iter().any(dropped));
    assert!(page.is_signed_in() && page.statuses().is_empty());
}

/// The refresh comes back without a cookie, in the first generation of a login.
fn without_cookie(mut page: Page) -> View {
    let refresh = page.refresh_sent();
    page.answer(refresh, missing());
    page.view()
}

#[test]
fn s35_a_browser_that_has_kept_a_cookie_once_is_not_said_to_drop_them() {
    let page = Page::signed_in();
    assert!(matches!(without_cookie(page), View::SignedIn { .. }));

    let mut page = Page::signed_in();
    let refresh = page.refresh_sent();
    page.answer(refresh, granted("a", LIFETIME));
    page.sign_in("b");
    assert_eq!(without_cookie(page), View::SignedOut(Reason::Denied));

    let notes = [(Slot::Record, record(crate::words::later(login(5), 1)))];
    let mut page = Page::finding(quiet(), notes);
    page.sign_in("b");
    assert_eq!(without_cookie(page), View::SignedOut(Reason::Denied));
}
