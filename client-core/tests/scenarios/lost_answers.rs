//! The server rotated and nobody heard: the same request again, known by its key.

use evertoken_core::Duration;

use evertoken_core::{Code, Config, Detail, Failure, Granted, Outcome, Reason, Restore, View};

use crate::rig::{LIFETIME, Rig, denied, failed, granted};

/// A generation of `a`'s session that comes with a key.
fn handed(key: &str) -> Outcome {
    Outcome::Granted(Granted {
        lifetime: Some(Duration::from_secs(LIFETIME)),
        subject: Some("a".into()),
        refresh_key: Some(key.into()),
        ..Granted::default()
    })
}

fn superseded() -> Outcome {
    let failure = Failure::new(Code::Server).status(409);
    Outcome::Failed(failure.detail(Detail::Superseded))
}

fn last_key(rig: &Rig) -> Option<&str> {
    rig.keys.last().unwrap().as_deref()
}

#[test]
fn s10_the_server_rotated_and_the_answer_was_lost_the_same_key_is_sent_again_and_the_session_goes_on()
 {
    let mut rig = Rig::signed_out();
    let login = rig.login();
    rig.answer(login, handed("1.first"));
    rig.refresh();
    assert_eq!(last_key(&rig), Some("1.first"));
    rig.answer_refresh(failed(Code::Network));

    rig.pass_until_refresh();
    assert_eq!(last_key(&rig), Some("1.first"));
    rig.answer_refresh(handed("2.second"));
    rig.refresh();
    assert_eq!(last_key(&rig), Some("2.second"));
    assert!(rig.is_signed_in());
}

#[test]
fn s11_a_reload_in_the_middle_of_a_refresh_sends_the_key_that_was_kept() {
    let mut rig = Rig::signed_out();
    let login = rig.login();
    rig.answer(login, handed("1.first"));
    rig.refresh();
    assert_eq!(rig.kept_key().as_deref(), Some("1.first"));

    let reloaded = rig.reloaded(Restore::Always);
    assert_eq!(last_key(&reloaded), Some("1.first"));
}

#[test]
fn s39_a_copy_that_the_browser_sent_by_itself_is_one_refresh_with_one_key_and_one_answer() {
    let mut rig = Rig::signed_out();
    let login = rig.login();
    rig.answer(login, handed("1.first"));
    rig.refresh();
    let op = rig.last_refresh();
    rig.answer(op, handed("2.second"));
    let before = (rig.adopted.len(), rig.events.len());
    rig.answer(op, handed("2.second"));
    assert_eq!((rig.adopted.len(), rig.events.len()), before);
    rig.refresh();
    assert_eq!(last_key(&rig), Some("2.second"));
}

#[test]
fn where_no_key_is_handed_out_a_random_one_is_kept_first_and_good_for_one_generation() {
    let mut rig = Rig::signed_in();
    rig.refresh();
    let first = last_key(&rig).unwrap().to_owned();
    assert_eq!(first.len(), 32);
    assert_eq!(
        rig.kept_key().as_deref(),
        Some(first.as_str()),
        "kept before it is sent"
    );
    rig.answer_refresh(failed(Code::Timeout));
    rig.refresh();
    assert_eq!(last_key(&rig), Some(first.as_str()));
    rig.answer_refresh(granted("a", LIFETIME));
    rig.refresh();
    assert_ne!(last_key(&rig), Some(first.as_str()));
}

#[test]
fn without_any_key_what_may_have_been_carried_out_is_repeated_only_when_somebody_asks() {
    let mut rig = Rig::with(Config {
        restore: Restore::Never,
        channel: false,
        ..Config::default()
    });
    let login = rig.login();
    rig.answer(login, granted("a", LIFETIME));
    rig.pass_until_refresh();
    assert_eq!(last_key(&rig), None);
    rig.answer_refresh(failed(Code::Network));
    rig.pass(Duration::from_secs(2 * LIFETIME));
    assert_eq!(rig.refreshes(), 1);
    rig.call();
    assert_eq!(rig.refreshes(), 2);
    let limited = Failure::new(Code::RateLimited).status(429);
    rig.answer_refresh(Outcome::Failed(limited));
    rig.pass(Duration::from_secs(5));
    assert_eq!(rig.refreshes(), 3, "a 429 was not carried out");
}

#[test]
fn a_session_that_is_over_forgets_its_key() {
    let mut rig = Rig::signed_out();
    let login = rig.login();
    rig.answer(login, handed("1.first"));
    rig.refresh();
    rig.answer_refresh(denied(Reason::Revoked));
    assert_eq!(rig.kept_key(), None);

    let login = rig.login();
    rig.answer(login, handed("1.other"));
    assert_eq!(rig.kept_key().as_deref(), Some("1.other"));
    rig.logout();
    assert_eq!(rig.kept_key(), None);
}

#[test]
fn s40_a_409_superseded_is_sent_once_more_and_no_loop() {
    let mut rig = Rig::signed_in();
    rig.refresh();
    let waiting = {
        rig.sleep(Duration::from_secs(LIFETIME));
        rig.call()
    };
    rig.answer_refresh(superseded());
    assert_eq!(rig.refreshes(), 2);
    rig.answer_refresh(superseded());
    assert_eq!(rig.refreshes(), 2);
    assert_eq!(rig.code_of(waiting), Code::Server);
    assert!(rig.is_signed_in());

    rig.pass_until_refresh();
    rig.answer_refresh(superseded());
    rig.answer_refresh(granted("a", LIFETIME));
    assert!(rig.is_signed_in());
}

#[test]
fn a_browser_that_remembers_nothing_is_not_asked_about_where_a_hint_is_wanted() {
    let nobody = Rig::signed_out();
    let asked = nobody.reloaded(Restore::Hint);
    assert_eq!(asked.refreshes(), 0);
    assert_eq!(asked.view(), View::SignedOut(Reason::Never));

    let somebody = Rig::signed_in();
    let mut asked = somebody.reloaded(Restore::Hint);
    assert_eq!(asked.refreshes(), 1);
    assert_eq!(asked.view(), View::Restoring { trouble: None });
    asked.answer_refresh(denied(Reason::Expired));
    assert_eq!(asked.reloaded(Restore::Hint).refreshes(), 0);
}
