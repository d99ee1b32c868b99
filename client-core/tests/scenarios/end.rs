//! The end of a session, and of a client.

use evertoken_core::{Access, Code, Event, Failure, Granted, Reason, Scope, Timer, View};

use crate::rig::{LIFE, LIFETIME, Rig, denied, granted};

#[test]
fn s22_dispose_and_create_again_during_a_refresh_leaves_one_timer_chain_and_one_refresh() {
    let mut old = Rig::restoring();
    let waiting = old.call();
    old.session.dispose();
    old.drain();
    assert_eq!(old.code_of(waiting), Code::Disposed);
    assert_eq!(old.timer(), None);

    let mut new = Rig::restoring();
    assert_eq!(new.refreshes(), 1);
    old.answer_refresh(granted("a", LIFETIME));
    assert_eq!(
        (old.timer(), old.adopted.len(), old.refreshes()),
        (None, 0, 1)
    );
    old.tick();
    let late = old.call();
    assert_eq!(old.code_of(late), Code::Disposed);
    new.answer_refresh(granted("a", LIFETIME));
    assert_eq!((new.timer(), new.refreshes()), (Some(Timer::Refresh), 1));
}

#[test]
fn what_was_about_to_be_sent_when_the_client_was_disposed_of_is_not() {
    let mut rig = Rig::signed_out();
    rig.session.login(rig.now).unwrap();
    rig.session.dispose();
    rig.drain();
    assert!(rig.sent.is_empty());
}

#[test]
fn s23_a_listener_that_calls_back_in_between_two_effects_finds_a_whole_machine() {
    let mut rig = Rig::signed_in();
    rig.refresh();
    let refresh = rig.last_refresh();
    let input = evertoken_core::Input::Answer {
        op: refresh,
        outcome: denied(Reason::Revoked),
    };
    rig.session.handle(rig.now, input);
    // The shell has performed one effect of several when a listener signs in and asks for a token.
    rig.session.poll_effect();
    let login = rig.session.login(rig.now).unwrap();
    assert!(matches!(rig.session.authorize(rig.now, None), Access::Wait(op) if op == login));
    rig.drain();
    rig.answer(login, granted("a", LIFETIME));
    assert!(rig.is_signed_in());
}

#[test]
fn a_denied_refresh_signs_out_with_the_reason_and_tells_everyone() {
    let mut rig = Rig::signed_in();
    rig.sleep(LIFE);
    let call = rig.call();
    rig.answer_refresh(denied(Reason::Reuse));
    assert_eq!(rig.code_of(call), Code::LoginRequired);
    assert_eq!(rig.view(), View::SignedOut(Reason::Reuse));
    assert_eq!(rig.events.last(), Some(&Event::SignedOut(Reason::Reuse)));
    assert_eq!(rig.timer(), None);
}

#[test]
fn whoever_hears_of_an_event_sees_the_session_it_led_to() {
    use evertoken_core::{Effect, Input};
    let mut rig = Rig::signed_in();
    rig.refresh();
    let op = rig.last_refresh();
    let outcome = denied(Reason::Revoked);
    rig.session.handle(rig.now, Input::Answer { op, outcome });
    let mut order = Vec::new();
    while let Some(effect) = rig.session.poll_effect() {
        match effect {
            Effect::Changed => order.push("changed"),
            Effect::Report(_) => order.push("told"),
            _ => {}
        }
    }
    assert_eq!(order, ["changed", "told"]);
}

#[test]
fn who_waits_for_a_login_or_a_logout_on_its_way_is_told_of_a_dispose_and_nobody_is_told_twice() {
    let told = |rig: &mut Rig, op| {
        rig.session.dispose();
        rig.drain();
        let dones = rig.done.iter().filter(|(done, _)| *done == op);
        dones.map(|(_, result)| result.unwrap_err().code).collect()
    };
    let mut rig = Rig::signed_in();
    let login = rig.login();
    let codes: Vec<Code> = told(&mut rig, login);
    assert_eq!(codes, [Code::Disposed]);

    let mut rig = Rig::signed_in();
    let logout = rig.logout();
    rig.logout_of(Scope::Local);
    let codes: Vec<Code> = told(&mut rig, logout);
    assert_eq!(codes, [Code::Disposed], "although a later one was called");

    let mut rig = Rig::signed_in();
    let login = rig.login();
    rig.logout();
    let codes: Vec<Code> = told(&mut rig, login);
    assert_eq!(codes, [Code::LoginRequired], "when the logout was called");
}

#[test]
fn nothing_is_begun_with_a_client_that_was_disposed_of() {
    let mut rig = Rig::signed_in();
    rig.session.dispose();
    rig.drain();
    let disposed = Err(Failure::new(Code::Disposed));
    assert_eq!(rig.session.login(rig.now), disposed);
    assert_eq!(rig.session.logout(rig.now, Scope::Global), disposed);
    let granted = Granted::default();
    assert_eq!(rig.session.set_session(rig.now, granted), disposed);
    assert_eq!(rig.session.poll_effect(), None);
}
