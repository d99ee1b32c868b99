//! Where nobody is signed in, a refresh is only a question: is there a session after all? The server may have answered
//! it with a session, and the answer may be lost. So whoever asks next asks the same, with the same key.

use evertoken_core::{Code, Config, Message, Position, Reason, Slot, Status};

use crate::page::{Page, Storage, quiet};
use crate::words::{ASK, PEER, denied, failed, login, ms, news, news_of, record_with};

/// Nobody has signed in, and another tab is there.
fn signed_out() -> Page {
    let keyed = Config {
        random_keys: true,
        ..quiet()
    };
    let mut page = Page::load(keyed, 1, &Storage::default());
    page.meet(PEER);
    page
}

/// What the other tab says that waits for the answer to a question with this key.
fn waits_for(key: &str) -> Status {
    Status {
        key: Some(key.into()),
        reason: Some(Reason::Never),
        ..news(Position::default())
    }
}

#[test]
fn whoever_asks_next_asks_with_the_key_of_a_question_whose_answer_another_waits_for() {
    let mut page = signed_out();
    page.refresh();
    page.get_lock();
    page.reply(waits_for("q1"));
    assert_eq!(page.last_key().as_deref(), Some("q1"));
}

#[test]
fn and_with_its_own_only_if_no_other_has_asked_since() {
    let mut page = signed_out();
    let first = page.refresh_sent();
    let own = page.last_key();
    page.answer(first, failed(Code::Network));
    page.refresh_sent();
    assert_eq!(page.last_key(), own);

    let again = page.on_wire().unwrap();
    page.answer(again, failed(Code::Network));
    page.meet(PEER);
    page.refresh();
    page.get_lock();
    page.reply(waits_for("q2"));
    assert_eq!(page.last_key().as_deref(), Some("q2"));
}

#[test]
fn the_key_of_a_question_is_noted_for_those_who_cannot_be_told() {
    let mut page = signed_out();
    page.put(Slot::Record, record_with(Position::default(), Some("q1")));
    page.refresh_sent();
    assert_eq!(page.last_key().as_deref(), Some("q1"));
}

#[test]
fn a_question_that_was_answered_lends_its_key_to_no_other() {
    let mut page = signed_out();
    page.news(waits_for("q1"));
    page.put(Slot::Record, record_with(Position::default(), Some("q1")));
    page.look_at_storage();
    // Its tab was refused meanwhile, and noted that.
    page.put(Slot::Record, record_with(Position::default(), None));
    let refresh = page.refresh_sent();
    assert_ne!(page.last_key().as_deref(), Some("q1"));
    page.answer(refresh, denied(Reason::Expired));
    assert_eq!(page.record().refresh_key, None);
}

/// Nobody has signed in, and no other tab is known of; this one waits for the lock.
fn alone_behind_somebody() -> Page {
    let mut page = signed_out();
    page.hear(Message::Bye { from: PEER });
    page.refresh();
    page.pass(ms(60));
    page.get_lock();
    page
}

#[test]
fn whoever_had_the_lock_is_asked_though_nobody_knows_of_it_for_it_may_have_signed_in() {
    let mut page = alone_behind_somebody();
    assert_eq!((page.questions(), page.refreshes()), (1, 0));
    page.reply(news_of("a", login(1)));
    assert!(page.is_signed_in());
    assert_eq!(page.refreshes(), 0);
}

#[test]
fn if_it_is_gone_the_question_is_for_the_backend_a_moment_later() {
    let mut page = alone_behind_somebody();
    page.pass(ASK);
    assert_eq!(page.refreshes(), 1);
}
