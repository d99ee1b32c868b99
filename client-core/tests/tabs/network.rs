//! The network comes and goes: what waits for it, and what does not.

use evertoken_core::Duration;

use evertoken_core::{
    Access, Code, Config, Event, Exchange, Failure, Input, Outcome, Reason, Scope, Slot,
};

use crate::page::{Page, quiet};
use crate::words::{
    ASK, LIFE, MINUTE, SECOND, denied, failed, granted, later, login, logout, ms, news, news_of,
};

/// Its token has expired, and the refresh found no network.
fn offline() -> Page {
    let keyed = Config {
        random_keys: true,
        ..quiet()
    };
    let mut page = Page::signed_in_with(keyed);
    page.input(Input::Online(false));
    page.sleep(LIFE);
    page.tick();
    page.get_lock();
    page.answer_last(failed(Code::Network));
    page.look_from_here();
    page
}

fn next(page: &Page) -> Duration {
    page.session.poll_timeout().unwrap().0.since(page.now)
}

#[test]
fn s16_offline_at_wake_up_it_waits_for_online_without_a_sign_out_or_a_storm() {
    let mut page = offline();
    page.pass(MINUTE - ms(1));
    assert!(page.is_signed_in() && page.wanted_lock().is_none());
    page.input(Input::Online(true));
    assert!(page.wanted_lock().is_none(), "not all tabs at once");
    page.pass(SECOND);
    page.get_lock();
    assert_eq!(page.refreshes(), 1);
    page.answer_last(granted("a", 900));
    page.token();
}

#[test]
fn a_browser_that_says_wrongly_that_it_is_offline_is_tried_once_a_minute() {
    let mut page = offline();
    page.pass(MINUTE);
    page.get_lock();
    assert_eq!(page.refreshes(), 1);
}

#[test]
fn online_brings_forward_what_waits_and_puts_nothing_off() {
    let mut page = offline();
    page.sleep(MINUTE - ms(1));
    page.input(Input::Online(true));
    assert!(next(&page) <= ms(1));
}

#[test]
fn going_offline_brings_nothing_forward() {
    let mut page = offline();
    let before = next(&page);
    page.input(Input::Online(false));
    assert_eq!(next(&page), before);
}

#[test]
fn tabs_that_come_online_together_do_not_try_together() {
    let waits: std::collections::BTreeSet<Duration> = (0..50)
        .map(|turns| {
            let mut page = offline();
            for _ in 0..turns {
                page.input(Input::Online(true));
                page.input(Input::Online(false));
            }
            next(&page)
        })
        .collect();
    assert!(waits.iter().all(|wait| *wait <= SECOND || *wait == MINUTE));
    assert!(waits.len() > 3, "{waits:?}");
}

#[test]
fn what_the_backend_asked_for_is_kept_to_online_or_not() {
    let limited = |retry_after| {
        let mut page = Page::signed_in();
        page.sleep(LIFE);
        page.tick();
        page.get_lock();
        let failure = Failure {
            retry_after: Some(retry_after),
            ..Failure::new(Code::RateLimited).status(429)
        };
        page.answer_last(Outcome::Failed(failure));
        page.input(Input::Online(true));
        next(&page)
    };
    assert!(limited(30 * SECOND) >= 30 * SECOND);
}

#[test]
fn online_begins_nothing_where_nothing_failed() {
    let mut page = Page::signed_in();
    let before = next(&page);
    page.input(Input::Online(true));
    assert_eq!(next(&page), before);
    let mut page = Page::alone();
    page.input(Input::Online(true));
    assert_eq!(page.session.poll_timeout(), None);
}

#[test]
fn a_logout_that_is_owed_is_brought_forward_too() {
    let mut page = Page::signed_in();
    page.input(Input::Online(false));
    let logout = page.logout();
    page.get_lock();
    page.answer(logout, failed(Code::Network));
    assert_eq!(next(&page), MINUTE);
    page.input(Input::Online(true));
    assert!(next(&page) <= SECOND);
    page.pass(SECOND);
    page.get_through();
    assert_eq!(page.sent(), [Exchange::Logout(Scope::Global); 2]);
}

#[test]
fn a_restore_that_found_no_network_is_brought_forward_too() {
    let keyed = Config {
        random_keys: true,
        ..Config::default()
    };
    let mut page = Page::finding(keyed, []);
    page.input(Input::Online(false));
    page.get_lock();
    page.answer_last(failed(Code::Network));
    assert_eq!(next(&page), MINUTE);
    page.input(Input::Online(true));
    assert!(next(&page) <= SECOND);
}

#[test]
fn s36_twenty_requests_meet_a_403_one_logout_and_a_late_one_for_an_earlier_token_is_none() {
    let mut page = Page::with_peer();
    let early = page.token();
    let refresh = page.refresh_sent();
    page.answer(refresh, granted("a", 900));
    let token = page.token();
    page.look_from_here();
    assert_eq!(page.session.forbidden(page.now, early), None);
    page.drain();
    assert!(page.steps().is_empty());

    let logouts = (0..20).filter_map(|_| page.session.forbidden(page.now, token));
    assert_eq!(logouts.count(), 1);
    page.drain();
    let ended = Event::SignedOut(Reason::Forbidden);
    assert_eq!(page.events(), [ended]);
    let told = page.statuses();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].reason, Some(Reason::Forbidden));
    page.get_through();
    assert_eq!(page.sent(), [Exchange::Logout(Scope::Local)]);
}

fn limited() -> Outcome {
    Outcome::Failed(Failure {
        retry_after: Some(30 * SECOND),
        ..Failure::new(Code::RateLimited).status(429)
    })
}

#[test]
fn s15_a_backend_that_asked_to_be_left_alone_is_by_who_is_signed_out_too() {
    let mut page = Page::alone();
    let refresh = page.refresh_sent();
    page.answer(refresh, limited());
    page.sleep(10 * SECOND);
    match page.session.refresh(page.now) {
        Access::Refused(failure) => {
            assert_eq!(failure.code, Code::RateLimited);
            assert_eq!(failure.retry_after, Some(20 * SECOND));
        }
        other => panic!("{other:?}"),
    }
    page.sleep(20 * SECOND);
    page.refresh();
}

#[test]
fn s15_a_page_that_is_shown_again_leaves_it_alone_as_long_as_it_asked() {
    let mut page = Page::with_peer();
    page.sleep(LIFE);
    let refresh = page.refresh_sent();
    page.answer(refresh, limited());
    page.leave();
    page.put(Slot::Tabs, "2 2".into());
    page.come_back();
    let waiting = page.wait();
    let sent = page.sent().len();
    page.pass(ASK);
    assert_eq!(page.woken(waiting), Some(Err(Code::RateLimited)));
    assert_eq!((page.sent().len(), page.wanted_lock()), (sent, None));
}

#[test]
fn s15_who_calls_meanwhile_is_refused_at_once_and_nothing_is_begun() {
    let mut page = Page::with_peer();
    page.sleep(LIFE);
    let refresh = page.refresh_sent();
    page.answer(refresh, limited());
    page.look_from_here();
    assert!(matches!(page.call(), Access::Refused(failure) if failure.code == Code::RateLimited));
    assert!(page.steps().is_empty());
}

#[test]
fn s15_who_wants_a_refresh_when_the_page_is_shown_again_waits_for_what_the_other_tabs_have() {
    let mut page = Page::with_peer();
    page.sleep(LIFE);
    let refresh = page.refresh_sent();
    page.answer(refresh, limited());
    page.leave();
    page.put(Slot::Tabs, "2 2".into());
    page.come_back();
    let waiting = page.refresh();
    page.reply(news_of("a", later(page.record().position, 1)));
    assert_eq!(page.woken(waiting), Some(Ok(())));
}

#[test]
fn s15_an_answer_that_a_logout_elsewhere_overtook_says_so_to_who_is_signed_out_too() {
    let mut page = Page::with_peer();
    page.sleep(LIFE);
    let refresh = page.refresh_sent();
    page.news(news(logout(5)));
    page.answer(refresh, limited());
    let asked = page.session.refresh(page.now);
    assert!(
        matches!(asked, Access::Refused(failure) if failure.code == Code::RateLimited),
        "{asked:?}"
    );
}

#[test]
fn s15_and_so_is_one_that_said_so_in_an_answer_that_counts_no_longer() {
    for (answer, is_left_alone) in [(limited(), true), (denied(Reason::Replaced), false)] {
        let mut page = Page::with_peer();
        page.sleep(LIFE);
        let refresh = page.wait();
        page.get_through();
        page.news(news(login(5)));
        let waiting = page.wait();
        page.answer(refresh, answer);
        let told = page.woken(waiting) == Some(Err(Code::RateLimited));
        assert_eq!(
            (told, page.wanted_lock().is_none()),
            (is_left_alone, is_left_alone)
        );
    }
}
