//! Another tab has moved on, and its token is not here.

use evertoken_core::{
    Access, Code, Event, Exchange, Failure, Outcome, Reason, Record, Slot, Status, View, Why,
};

use crate::page::{Page, handed};
use crate::words::{
    ASK, LIFE, LIFETIME, SECOND, ended, failed, granted, later, login, logout, news, news_of,
    record, record_with, tombstone,
};

#[test]
fn of_a_later_generation_the_position_and_the_key_are_taken_and_the_token_goes_on_being_used() {
    let mut page = Page::with_peer();
    let token = page.token();
    let newer = later(page.record().position, 1);
    page.put(Slot::Record, record_with(newer, Some("3.new")));
    page.look_at_storage();
    assert!(page.steps().is_empty());
    assert_eq!(page.token(), token);

    let refresh = page.refresh_sent();
    assert_eq!(page.last_key().as_deref(), Some("3.new"));
    page.answer(refresh, handed("a", "4.newer"));
    assert_eq!(page.record().position, later(newer, 1));
}

#[test]
fn what_is_older_changes_nothing_and_of_the_same_age_only_a_missing_key_is_taken() {
    let mut page = Page::with_peer();
    let position = page.record().position;
    let key_of = |page: &mut Page, position, key| {
        page.look_from_here();
        page.put(Slot::Record, record_with(position, Some(key)));
        page.look_at_storage();
        assert!(page.steps().is_empty());
        page.asked().key
    };
    assert_eq!(key_of(&mut page, login(0), "0.old"), None);
    let first = key_of(&mut page, position, "1.first");
    assert_eq!(first.as_deref(), Some("1.first"));
    let other = key_of(&mut page, position, "1.other");
    assert_eq!(other.as_deref(), Some("1.first"));
}

#[test]
fn of_another_login_the_old_token_is_forgotten_and_the_new_one_looked_for() {
    let mut page = Page::with_peer();
    let token = page.token();
    page.put(Slot::Record, record_with(login(5), Some("1.b")));
    page.look_at_storage();
    assert!(page.forgot());
    assert_eq!(page.view(), View::Restoring { trouble: None });
    let waiting = page.wait();
    page.get_lock();
    assert_eq!(page.questions(), 1);
    page.pass(ASK);
    assert_eq!(page.sent(), [Exchange::Refresh(Why::Restore)]);
    assert_eq!(page.last_key().as_deref(), Some("1.b"));

    page.answer(waiting, granted("b", LIFETIME));
    assert_eq!(page.record().position, later(login(5), 1));
    assert_eq!(page.call_after(Some(token)), Access::Replaced);
}

#[test]
fn a_tab_without_a_session_that_reads_of_a_login_looks_for_it() {
    let mut page = Page::alone();
    page.put(Slot::Record, record(login(5)));
    page.look_at_storage();
    assert_eq!(page.view(), View::Restoring { trouble: None });
    page.get_lock();
    assert_eq!(page.sent(), [Exchange::Refresh(Why::Restore)]);
}

#[test]
fn a_tab_that_was_looking_goes_on_looking_for_the_later_one() {
    let mut page = Page::restoring();
    let waiting = page.wait();
    page.put(Slot::Record, record(login(5)));
    page.look_at_storage();
    assert_eq!(page.woken(waiting), None, "what they wait for will find it");
    assert!(!page.forgot());
    assert_eq!(page.wait(), waiting);
}

#[test]
fn a_tab_that_could_not_find_out_about_the_former_session_looks_for_the_later_one() {
    let mut page = Page::restoring();
    page.get_through();
    // It may have been carried out, and proves nothing: nobody repeats it.
    page.answer_last(failed(Code::Timeout));
    assert_eq!((page.sent().len(), page.timer()), (1, None));
    page.news(news(login(5)));
    page.get_through();
    assert_eq!(page.sent().len(), 2);
}

#[test]
fn not_before_the_backend_is_to_be_left_alone_no_longer() {
    let mut page = Page::restoring();
    page.get_through();
    page.answer_last(Outcome::Failed(Failure {
        retry_after: Some(30 * SECOND),
        ..Failure::new(Code::Timeout)
    }));
    assert_eq!(page.timer(), None);
    page.news(news(login(5)));
    page.pass(29 * SECOND);
    assert_eq!((page.sent().len(), page.wanted_lock()), (1, None));
    page.pass(SECOND);
    page.get_through();
    assert_eq!(page.sent().len(), 2);
}

#[test]
fn a_refresh_of_the_former_session_is_not_sent_any_more_and_if_it_was_it_does_not_count() {
    let mut page = Page::with_peer();
    page.sleep(LIFE);
    let refresh = page.wait();
    page.get_through();
    page.news(news(login(5)));
    assert_eq!(page.woken(refresh), Some(Ok(())));
    page.answer(refresh, granted("a", LIFETIME));
    assert_eq!(page.view(), View::Restoring { trouble: None });
    page.get_lock();
    assert_eq!(page.questions(), 2);
}

#[test]
fn an_end_signs_out_here_too_with_its_reason() {
    for (reason, shown) in [
        (Some(Reason::Revoked), Reason::Revoked),
        (Some(Reason::Logout), Reason::Logout),
        (None, Reason::Denied),
    ] {
        let mut page = Page::with_peer();
        let end = Status {
            reason,
            ..news(ended(page.record().position))
        };
        page.news(end);
        assert_eq!(page.view(), View::SignedOut(shown));
        assert_eq!(page.events(), [Event::SignedOut(shown)]);
        assert_eq!(page.steps(), ["forget", "changed", "report"], "no echo");
    }
}

#[test]
fn that_another_tab_was_never_signed_in_is_not_why_this_ones_session_ended() {
    let mut page = Page::with_peer();
    let never = |position| Status {
        reason: Some(Reason::Never),
        ..news(position)
    };
    page.news(never(ended(page.record().position)));
    assert_eq!(page.view(), View::SignedOut(Reason::Expired));

    let mut page = Page::with_peer();
    page.news(never(logout(5)));
    assert_eq!(page.view(), View::SignedOut(Reason::Logout));
}

#[test]
fn an_end_that_is_read_of_signs_out_too() {
    let mut page = Page::with_peer();
    let over = Record {
        position: ended(page.record().position),
        reason: Some(Reason::Reuse),
        refresh_key: None,
    };
    page.put(Slot::Record, over.to_text());
    page.look_at_storage();
    assert_eq!(page.view(), View::SignedOut(Reason::Reuse));

    let mut page = Page::with_peer();
    page.put(Slot::Tombstone, tombstone(logout(5), None));
    page.look_at_storage();
    assert_eq!(page.view(), View::SignedOut(Reason::Logout));
}

#[test]
fn a_logout_that_is_read_of_has_the_reason_that_was_noted_with_it_and_no_other() {
    for (noted, shown) in [
        (logout(5), Reason::Forbidden),
        (ended(login(4)), Reason::Logout),
    ] {
        let mut page = Page::with_peer();
        let record = Record {
            position: noted,
            reason: Some(Reason::Forbidden),
            refresh_key: None,
        };
        page.put(Slot::Record, record.to_text());
        page.put(Slot::Tombstone, tombstone(logout(5), None));
        page.look_at_storage();
        assert_eq!(page.view(), View::SignedOut(shown));
    }
}

#[test]
fn an_end_forgets_the_key() {
    let mut page = Page::alone();
    page.sign_in("a");
    page.news(news(logout(5)));
    page.refresh_sent();
    assert_eq!(page.last_key(), None);
}

#[test]
fn who_waits_when_the_session_ends_elsewhere_is_sent_round_and_told_so() {
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
        page.news(news(logout(5)));
        assert_eq!(page.woken(waiting), Some(Ok(())), "{steps}");
        assert!(matches!(page.call(), Access::Refused(_)));
        assert_eq!(page.wanted_lock(), None);
    }
}

#[test]
fn a_tab_that_was_looking_for_a_session_learns_that_it_is_over() {
    let mut page = Page::restoring();
    page.reply(Status {
        reason: Some(Reason::Expired),
        ..news(ended(login(5)))
    });
    assert_eq!(page.view(), View::SignedOut(Reason::Expired));
    assert_eq!(page.wanted_lock(), None);
}

#[test]
fn the_end_of_an_older_session_ends_no_younger_one() {
    let mut page = Page::alone();
    page.news(news_of("a", login(5)));
    for older in [ended(login(4)), logout(5), logout(4)] {
        page.news(news(older));
        assert!(page.is_signed_in(), "{older:?}");
    }
    page.put(Slot::Tombstone, tombstone(logout(5), None));
    page.put(Slot::Record, record(ended(login(4))));
    page.look_at_storage();
    assert!(page.is_signed_in());
}

#[test]
fn the_end_of_an_older_generation_ends_no_younger_one() {
    let mut page = Page::with_peer();
    let position = page.record().position;
    page.news(news_of("a", later(position, 2)));
    page.news(news(ended(later(position, 1))));
    assert!(page.is_signed_in());
    page.news(news(ended(later(position, 2))));
    assert!(!page.is_signed_in());
}

#[test]
fn two_ends_are_announced_once() {
    let mut page = Page::with_peer();
    page.news(news(logout(5)));
    page.news(news(logout(6)));
    assert_eq!(page.events().len(), 1);
}

#[test]
fn after_another_login_that_was_only_read_of_its_token_is_taken_when_it_comes() {
    let mut page = Page::with_peer();
    page.put(Slot::Record, record(login(5)));
    page.look_at_storage();
    page.news(news_of("b", login(5)));
    assert!(page.is_signed_in());
    assert_eq!(page.adopted().len(), 1);
    assert_eq!(page.wanted_lock(), None);
}

#[test]
fn who_wrote_an_older_record_over_one_that_was_read_here_hears_of_that_once() {
    let statuses = |is_read: bool| {
        let mut page = Page::with_peer();
        let newer = logout(5);
        if is_read {
            page.put(Slot::Record, record(newer));
            page.look_at_storage();
        } else {
            // What is stored may lag behind what is said.
            page.news(news(newer));
        }
        page.look_from_here();
        page.put(Slot::Record, record(login(3)));
        page.look_at_storage();
        page.look_at_storage();
        page.statuses()
            .iter()
            .map(|status| status.position)
            .collect::<Vec<_>>()
    };
    assert_eq!(statuses(true), [logout(5)]);
    assert!(statuses(false).is_empty());
}
