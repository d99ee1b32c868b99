//! A free lock says nothing about messages that are still on their way: every exchange asks the other tabs first.

use evertoken_core::{Config, Exchange, Message, Outcome, Slot, Status, Timer, Why};

use crate::page::{Page, handed, quiet};
use crate::words::{
    ASK, LIFETIME, OTHER, PEER, SECOND, granted, later, login, ms, news, news_of, record_with,
};

/// Under the lock, waiting for the other tab.
fn asking() -> Page {
    let mut page = Page::with_peer();
    page.refresh();
    page.get_lock();
    assert_eq!((page.questions(), page.refreshes()), (1, 0));
    page
}

#[test]
fn who_is_alone_does_not_ask() {
    let mut page = Page::signed_in();
    page.refresh();
    page.get_lock();
    assert_eq!((page.questions(), page.refreshes()), (0, 1));
}

#[test]
fn who_has_no_channel_does_not_ask_whoever_else_is_there() {
    let page = Page::alone();
    page.put(Slot::Tabs, "2 2 3".into());
    let config = Config {
        channel: false,
        ..quiet()
    };
    let mut page = page.reloaded(config);
    page.login();
    page.get_lock();
    assert_eq!(page.sent(), [Exchange::Login]);
    page.answer_last(granted("a", LIFETIME));
    page.logout();
    page.dispose();
    assert!(page.posted().is_empty());
    assert!(!page.steps().contains(&"tabs"));
}

#[test]
fn a_lock_that_was_free_asks_all_the_same_and_so_does_every_kind_of_exchange() {
    let mut page = Page::with_peer();
    page.logout_of(evertoken_core::Scope::Others);
    page.get_lock();
    assert_eq!((page.questions(), page.sent().len()), (1, 0));

    let mut page = Page::with_peer();
    page.login();
    page.get_lock();
    assert_eq!((page.questions(), page.sent().len()), (1, 0));
}

#[test]
fn a_question_says_what_the_asker_has() {
    let page = asking();
    let has = Some(page.record().position);
    let asked =
        |message: &Message| matches!(message, Message::Ask { has: theirs, .. } if *theirs == has);
    assert!(page.posted().iter().any(asked));
}

#[test]
fn nobody_is_waited_for_longer_than_a_hundred_milliseconds() {
    let mut page = asking();
    assert_eq!(page.timer(), Some(Timer::Ask));
    page.pass(ASK - ms(1));
    assert_eq!(page.refreshes(), 0);
    page.pass(ms(1));
    assert_eq!(page.refreshes(), 1);
}

#[test]
fn when_all_have_answered_there_is_no_need_to_wait_longer() {
    let mut page = Page::with_peer();
    page.meet(OTHER);
    page.refresh();
    page.get_lock();
    let position = page.record().position;
    page.reply(news(position));
    assert_eq!(page.refreshes(), 0, "one of two");
    page.reply(news(position));
    assert_eq!(page.refreshes(), 0, "the same one again");
    page.reply(Status {
        from: OTHER,
        ..news(position)
    });
    assert_eq!(page.refreshes(), 1);
}

#[test]
fn an_answer_counts_only_for_the_question_that_was_asked() {
    let mut page = asking();
    let (me, question) = page.question();
    let status = news(page.record().position);
    let not_mine = [
        (0, 0),
        (me, question - 1),
        (me, question + 1),
        (OTHER, question),
    ];
    for answers in not_mine {
        page.news(Status {
            answers,
            ..status.clone()
        });
        assert_eq!(page.refreshes(), 0, "{answers:?}");
    }
    page.reply(status);
    assert_eq!(page.refreshes(), 1);
}

#[test]
fn an_answer_counts_only_from_who_was_asked() {
    let mut page = asking();
    let stranger = Status {
        from: OTHER,
        ..news(page.record().position)
    };
    page.reply(stranger);
    assert_eq!(page.refreshes(), 0);
    page.pass(ASK);
    page.look_from_here();
    let refresh = page.on_wire().unwrap();
    page.answer(refresh, granted("a", LIFETIME));
    page.refresh();
    page.get_lock();
    assert_eq!(page.questions(), 1, "but now it is known");
}

#[test]
fn a_question_is_no_answer() {
    let mut page = asking();
    page.hear(Message::Ask {
        from: PEER,
        question: 9,
        has: None,
    });
    assert_eq!(page.refreshes(), 0);
}

#[test]
fn who_says_goodbye_is_not_waited_for() {
    let mut page = asking();
    page.hear(Message::Bye { from: OTHER });
    assert_eq!(page.refreshes(), 0, "nobody waits for that one");
    page.hear(Message::Bye { from: PEER });
    assert_eq!(page.refreshes(), 1);
    let refresh = page.on_wire().unwrap();
    page.answer(refresh, granted("a", LIFETIME));
    page.look_from_here();
    page.refresh();
    page.get_lock();
    assert_eq!((page.questions(), page.refreshes()), (0, 1), "alone again");
}

#[test]
fn who_stays_silent_is_forgotten_until_it_is_heard_of() {
    let mut page = Page::with_peer();
    page.meet(OTHER);
    page.refresh();
    page.get_lock();
    let position = page.record().position;
    page.reply(Status {
        from: OTHER,
        ..news(position)
    });
    page.pass(ASK);
    let noted = page.stored().tabs;
    assert_eq!(noted, page.reread_tabs(&[page.question().0, OTHER]));
    page.answer_last(granted("a", LIFETIME));

    page.refresh();
    page.get_lock();
    page.look_from_here();
    page.reply(Status {
        from: OTHER,
        ..news(position)
    });
    assert_eq!(page.refreshes(), 1, "the silent one is not waited for");
    page.answer_last(granted("a", LIFETIME));

    page.meet(PEER);
    page.refresh();
    page.get_lock();
    page.reply(Status {
        from: OTHER,
        ..news(position)
    });
    assert_eq!(page.refreshes(), 0, "it was heard of");
}

#[test]
fn a_timer_that_rings_much_too_late_asks_again_because_the_page_was_asleep() {
    let mut page = asking();
    page.sleep(ASK + SECOND);
    page.tick();
    assert_eq!(page.refreshes(), 1, "a second late is not asleep");

    let mut page = asking();
    let first = page.question();
    page.sleep(ASK + SECOND + ms(1));
    page.tick();
    assert_eq!((page.questions(), page.refreshes()), (2, 0));
    assert_ne!(page.question(), first);
    let position = page.record().position;
    page.news(Status {
        answers: first,
        ..news(position)
    });
    assert_eq!(page.refreshes(), 0, "that is the answer from before");
    page.pass(ASK);
    assert_eq!(page.refreshes(), 1);
}

#[test]
fn what_another_tab_brings_before_the_time_is_up_is_not_asked_of_the_server() {
    let mut page = Page::with_peer();
    page.sleep(crate::words::LIFE);
    let waiting = page.wait();
    page.get_lock();
    let newer = later(page.record().position, 1);
    page.reply(news_of("a", newer));
    assert_eq!(page.refreshes(), 0);
    assert_eq!(page.woken(waiting), Some(Ok(())));
    assert_eq!(page.unlocked().len(), 1);
    page.token();
}

#[test]
fn an_answer_with_a_newer_key_is_what_the_refresh_sends() {
    let mut page = asking();
    let newer = Status {
        key: Some("3.new".into()),
        ..news(later(page.record().position, 1))
    };
    page.reply(newer);
    assert_eq!(page.last_key().as_deref(), Some("3.new"));
}

#[test]
fn whoever_is_asked_says_where_the_session_stands_and_gives_the_token_to_who_has_an_older_one() {
    let mut page = Page::alone();
    let op = page.login();
    page.get_lock();
    page.answer(op, handed("a", "1.first"));
    page.sleep(ms(250));
    let position = page.record().position;
    let ask = |has| Message::Ask {
        from: PEER,
        question: 7,
        has,
    };
    for (has, gives) in [
        (None, true),
        (Some(position), false),
        (Some(later(position, 1)), false),
        (Some(login(0)), true),
    ] {
        page.look_from_here();
        page.hear(ask(has));
        let statuses = page.statuses();
        let [status] = statuses.as_slice() else {
            panic!("{statuses:?}");
        };
        assert_eq!((status.answers, status.position), ((PEER, 7), position));
        assert_eq!(status.key.as_deref(), Some("1.first"));
        assert_eq!(status.token.is_some(), gives, "{has:?}");
        if let Some(token) = &status.token {
            assert_eq!(token.age, ms(250));
            assert_eq!(token.lifetime, Some(crate::words::LIFE));
            assert_eq!(token.subject.as_deref(), Some("a"));
        }
    }
}

#[test]
fn a_token_that_is_not_good_or_not_the_sessions_any_longer_is_given_to_nobody() {
    let ask = Message::Ask {
        from: PEER,
        question: 7,
        has: None,
    };
    let mut page = Page::signed_in();
    page.sleep(crate::words::LIFE);
    page.hear(ask.clone());
    assert_eq!(page.statuses()[0].token, None);

    let mut page = Page::signed_in();
    let newer = later(page.record().position, 1);
    page.put(Slot::Record, record_with(newer, None));
    page.look_at_storage();
    page.hear(ask);
    let status = &page.statuses()[0];
    assert_eq!((status.position, status.token.as_ref()), (newer, None));
}

#[test]
fn an_exchange_that_is_sent_once_more_asks_before_that_too() {
    let mut page = asking();
    page.pass(ASK);
    page.meet(PEER);
    let refresh = page.on_wire().unwrap();
    let superseded = evertoken_core::Failure::new(evertoken_core::Code::Server)
        .status(409)
        .detail(evertoken_core::Detail::Superseded);
    page.answer(refresh, Outcome::Failed(superseded));
    page.get_lock();
    assert_eq!((page.questions(), page.refreshes()), (1, 0));
    page.pass(ASK);
    assert_eq!(page.sent(), [Exchange::Refresh(Why::Demand)]);
}

#[test]
fn a_tab_to_which_its_own_note_is_lost_does_not_take_itself_to_be_alone() {
    let mut page = Page::signed_in();
    page.storage.borrow_mut().remove(&Slot::Tabs);
    page.refresh();
    page.get_lock();
    assert_eq!((page.questions(), page.refreshes()), (1, 0));
}
