//! Another tab has renewed or signed in: its token is taken, if it is newer than what is here.

use evertoken_core::{Access, Code, Event, Input, Message, Shared, Slot, Status, Timer, View};

use crate::page::{Page, handed};
use crate::words::{
    ASK, LIFE, LIFETIME, SECOND, ended, failed, granted, later, login, logout, ms, news, news_of,
    record_with, token_of,
};

#[test]
fn a_newer_generation_is_taken_and_whoever_asks_gets_it() {
    let mut page = Page::with_peer();
    let before = page.token();
    let newer = later(page.record().position, 1);
    page.news(news_of("a", newer));
    assert!(page.token() > before);
    assert_eq!(page.adopted(), [(true, Some(page.now.after(LIFE)))]);
    assert_eq!(page.events(), [Event::Adopted]);
    assert!(page.sent().is_empty());
}

#[test]
fn what_is_taken_is_neither_noted_nor_announced_again() {
    let mut page = Page::with_peer();
    let newer = later(page.record().position, 1);
    page.news(news_of("a", newer));
    assert_eq!(page.steps(), ["adopt", "changed", "report"]);
}

#[test]
fn what_is_as_new_or_older_is_not_taken() {
    let mut page = Page::with_peer();
    page.news(news_of("a", later(page.record().position, 3)));
    let position = later(page.record().position, 3);
    let token = page.token();
    page.look_from_here();
    for older in [position, page.record().position, login(0)] {
        page.news(news_of("a", older));
        assert_eq!((page.token(), page.adopted()), (token, vec![]), "{older:?}");
    }
}

#[test]
fn a_token_that_was_only_spoken_of_is_not_taken_but_its_position_is() {
    let mut page = Page::with_peer();
    let token = page.token();
    let newer = later(page.record().position, 1);
    let status = Status {
        key: Some("3.new".into()),
        ..news_of("a", newer)
    };
    page.input(Input::Heard {
        message: Message::Status(status),
        ago: ms(0),
        token: false,
    });
    assert_eq!((page.token(), page.adopted()), (token, vec![]));
    page.refresh_sent();
    assert_eq!(page.last_key().as_deref(), Some("3.new"));
}

#[test]
fn the_token_of_a_position_that_was_read_of_before_is_taken_when_it_comes() {
    let mut page = Page::with_peer();
    let newer = later(page.record().position, 1);
    page.put(Slot::Record, record_with(newer, None));
    page.look_at_storage();
    assert!(page.adopted().is_empty());
    page.news(news_of("a", newer));
    assert_eq!(page.adopted().len(), 1);
}

#[test]
fn a_token_older_than_what_was_read_of_is_not_taken_although_it_is_newer_than_what_is_here() {
    let mut page = Page::with_peer();
    let position = page.record().position;
    page.put(Slot::Record, record_with(later(position, 2), None));
    page.look_at_storage();
    page.news(news_of("a", later(position, 1)));
    assert!(page.adopted().is_empty());
}

#[test]
fn the_key_comes_with_the_token() {
    let mut page = Page::with_peer();
    let status = Status {
        key: Some("3.new".into()),
        ..news_of("a", later(page.record().position, 1))
    };
    page.news(status);
    page.refresh_sent();
    assert_eq!(page.last_key().as_deref(), Some("3.new"));
}

#[test]
fn another_login_of_the_same_user_goes_on_as_that_user() {
    let mut page = Page::with_peer();
    let token = page.token();
    page.news(news_of("a", login(5)));
    assert_eq!(page.adopted(), [(true, Some(page.now.after(LIFE)))]);
    assert_eq!(page.events(), [Event::Adopted]);
    let next = page.token();
    assert_eq!(page.call_after(Some(token)), Access::Use(next));
}

#[test]
fn another_users_login_is_announced_and_no_request_of_the_former_is_repeated_as_the_latter() {
    let mut page = Page::with_peer();
    let token = page.token();
    page.news(news_of("b", login(5)));
    assert_eq!(page.adopted(), [(false, Some(page.now.after(LIFE)))]);
    assert_eq!(page.events(), [Event::Adopted, Event::SignedIn]);
    assert_eq!(page.call_after(Some(token)), Access::Replaced);
}

#[test]
fn a_refresh_that_named_another_user_is_taken_as_that_users() {
    let mut page = Page::with_peer();
    let newer = later(page.record().position, 1);
    page.news(news_of("b", newer));
    assert!(!page.adopted()[0].0);
    assert_eq!(page.events(), [Event::Adopted, Event::SignedIn]);
}

#[test]
fn a_token_that_names_nobody_is_the_same_users_in_the_same_epoch_and_nobody_knows_whose_in_another()
{
    let unnamed = |position| Status {
        token: Some(Shared {
            subject: None,
            ..token_of("a")
        }),
        ..news(position)
    };
    let mut page = Page::with_peer();
    let position = page.record().position;
    page.news(unnamed(later(position, 1)));
    page.news(unnamed(later(position, 2)));
    page.news(news_of("a", later(position, 3)));
    page.news(unnamed(later(position, 4)));
    page.news(news_of("b", later(position, 5)));
    page.news(unnamed(login(5)));
    let same: Vec<bool> = page.adopted().iter().map(|(same, _)| *same).collect();
    assert_eq!(same, [true, true, true, true, false, false]);
}

#[test]
fn expiry_is_counted_from_when_the_token_was_asked_for_by_whoever_asked() {
    let mut page = Page::with_peer();
    let mut status = news_of("a", later(page.record().position, 1));
    status.token.as_mut().unwrap().age = 100 * SECOND;
    page.hear_after(20 * SECOND, Message::Status(status));
    let expires = page.now.after(LIFE).before(120 * SECOND);
    assert_eq!(page.adopted(), [(true, Some(expires))]);

    page.look_from_here();
    page.hear(Message::Ask {
        from: 9,
        question: 1,
        has: None,
    });
    let told = page.statuses()[0].token.clone().unwrap();
    assert_eq!(told.age, 120 * SECOND, "and so it is told further");
}

#[test]
fn a_token_without_a_lifetime_is_good_until_it_is_refused() {
    let mut page = Page::with_peer();
    let mut status = news_of("a", later(page.record().position, 1));
    status.token.as_mut().unwrap().lifetime = None;
    page.news(status);
    page.pass(100 * LIFE);
    page.token();
    assert!(page.sent().is_empty() && page.wanted_lock().is_none());
}

#[test]
fn whoever_waited_for_a_refresh_goes_on_with_the_other_tabs_token() {
    // Waiting for the lock, for the others, and for the server.
    for steps in 0..3 {
        let mut page = Page::with_peer();
        page.sleep(LIFE);
        let waiting = page.wait();
        if steps > 0 {
            page.get_lock();
        }
        if steps > 1 {
            page.pass(ASK);
        }
        page.news(news_of("a", later(page.record().position, 1)));
        assert_eq!(page.woken(waiting), Some(Ok(())), "{steps}");
        page.token();
        assert_eq!(page.refreshes(), usize::from(steps > 1));
    }
}

#[test]
fn a_queued_refresh_is_dropped_if_what_was_taken_is_fresh() {
    let mut page = Page::with_peer();
    page.refresh();
    page.news(news_of("a", later(page.record().position, 1)));
    assert_eq!(page.wanted_lock(), None);
    assert_eq!(page.timer(), Some(Timer::Refresh));
}

#[test]
fn a_queued_refresh_is_dropped_if_what_was_taken_is_good_though_not_for_long() {
    let mut page = Page::with_peer();
    let waiting = page.refresh();
    let mut status = news_of("a", later(page.record().position, 1));
    status.token.as_mut().unwrap().age = LIFE - 2 * SECOND;
    page.news(status);
    assert_eq!(page.woken(waiting), Some(Ok(())));
    assert_eq!(page.wanted_lock(), None);
    page.pass(SECOND);
    assert!(page.wanted_lock().is_some(), "it has its own timer");
}

#[test]
fn a_queued_refresh_goes_on_if_what_was_taken_has_expired_already() {
    let mut page = Page::with_peer();
    page.sleep(LIFE);
    let waiting = page.wait();
    let mut status = news_of("a", later(page.record().position, 1));
    status.token.as_mut().unwrap().age = LIFE;
    page.news(status);
    assert_eq!(page.adopted().len(), 1);
    assert_eq!(page.woken(waiting), None, "it is of no use");
    page.get_through();
    assert_eq!(page.refreshes(), 1);
}

#[test]
fn a_token_that_has_expired_on_its_way_is_not_tried_once_more_here() {
    let mut page = Page::with_peer();
    let mut status = news_of("a", later(page.record().position, 1));
    status.token.as_mut().unwrap().lifetime = Some(ms(0));
    page.news(status);
    page.wait();
}

#[test]
fn the_refresh_that_another_tab_was_quicker_than_brings_nothing_any_more() {
    let mut page = Page::with_peer();
    let refresh = page.refresh_sent();
    page.news(news_of("a", later(page.record().position, 1)));
    let token = page.token();
    page.look_from_here();
    page.answer(refresh, granted("a", LIFETIME));
    assert_eq!(page.token(), token);
    assert_eq!(page.steps(), ["wake", "unlock"]);
}

#[test]
fn the_refresh_of_an_epoch_that_is_over_brings_nothing_any_more() {
    let mut page = Page::with_peer();
    page.sleep(LIFE);
    let waiting = page.wait();
    page.get_through();
    page.news(news_of("b", login(5)));
    assert_eq!(page.woken(waiting), Some(Ok(())));
    let token = page.token();
    page.look_from_here();
    page.answer(waiting, granted("a", LIFETIME));
    assert_eq!((page.token(), page.steps()), (token, vec!["unlock"]));
}

#[test]
fn a_key_of_an_older_generation_does_not_replace_a_newer_one() {
    let mut page = Page::with_peer();
    let refresh = page.refresh_sent();
    let newest = later(page.record().position, 2);
    page.put(Slot::Record, record_with(newest, Some("3.newest")));
    page.look_at_storage();
    page.answer(refresh, handed("a", "2.newer"));
    assert_eq!(page.record().position, newest);
    page.refresh_sent();
    assert_eq!(page.last_key().as_deref(), Some("3.newest"));
}

#[test]
fn a_refresh_that_failed_is_forgotten_with_the_next_token_whoever_brings_it() {
    let mut page = Page::with_peer();
    let refresh = page.refresh_sent();
    page.answer(refresh, failed(Code::RateLimited));
    page.news(news_of("a", later(page.record().position, 1)));
    page.pass(LIFE / 2);
    assert_eq!(page.timer(), Some(Timer::Refresh));
    assert_eq!(page.wanted_lock(), None, "the token's own time");
    page.sleep(LIFE);
    page.wait();
}

#[test]
fn a_cookie_jar_that_was_not_to_be_trusted_is_once_another_tab_has_renewed() {
    let mut page = Page::with_peer();
    let login = page.login();
    page.pass(12 * SECOND);
    page.answer(login, granted("b", LIFETIME));
    page.news(news_of("b", later(page.record().position, 1)));
    let refresh = page.refresh_sent();
    page.answer(refresh, granted("a", LIFETIME));
    assert!(page.is_signed_in());
}

#[test]
fn s29_a_tab_that_was_just_opened_starts_from_the_others_token_without_a_request() {
    let mut page = Page::restoring();
    let waiting = page.wait();
    page.reply(news_of("a", login(5)));
    assert_eq!(page.woken(waiting), Some(Ok(())));
    page.token();
    assert_eq!(page.events(), [Event::Adopted, Event::Restored]);
    assert!(page.sent().is_empty() && page.wanted_lock().is_none());
}

#[test]
fn a_tab_without_a_session_takes_that_of_the_one_in_which_somebody_signs_in() {
    let mut page = Page::alone();
    page.news(news_of("a", login(1)));
    assert_eq!(page.events(), [Event::Adopted, Event::SignedIn]);
    page.token();
}

#[test]
fn nothing_of_a_session_is_taken_after_its_end() {
    let mut page = Page::with_peer();
    let position = page.record().position;
    page.news(news(ended(later(position, 2))));
    page.look_from_here();
    page.news(news_of("a", later(position, 1)));
    page.news(news_of("a", later(position, 2)));
    assert!(page.adopted().is_empty() && !page.is_signed_in());

    page.news(news(logout(5)));
    page.news(news_of("a", login(4)));
    assert!(page.adopted().is_empty() && !page.is_signed_in());
    page.news(news_of("b", login(5)));
    assert!(
        page.is_signed_in(),
        "a login outranks the logout it followed"
    );
}

#[test]
fn a_status_that_says_that_the_session_is_over_brings_no_token_whatever_it_carries() {
    let mut page = Page::with_peer();
    page.news(news_of("a", ended(later(page.record().position, 1))));
    assert!(page.adopted().is_empty());
    assert!(matches!(page.view(), View::SignedOut(_)));
}

#[test]
fn whoever_is_told_to_go_on_finds_the_token_there() {
    let mut page = Page::with_peer();
    page.sleep(LIFE);
    page.wait();
    page.look_from_here();
    page.news(news_of("a", login(5)));
    let place = |name| page.steps().iter().position(|step| *step == name);
    assert!(place("adopt") < place("wake"), "{:?}", page.steps());
}
