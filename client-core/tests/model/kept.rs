//! Lives that once went otherwise than the model says.

use evertoken_core::Duration;

use evertoken_core::{Code, Detail, Failure, Scope};

use super::script::{
    Answer, End, Grant, Start,
    Step::{self, Answer as Answered, Login, Logout, Pass, Refresh, Ring, SetSession},
};
use super::shell::Shell;

const A: Grant = Grant(Some("a"), Some(900), None);
const B: Grant = Grant(Some("b"), Some(900), None);
const LOST: Step = Answered(Answer::Failed(Failure::new(Code::Network)));
const HEARD: Step = Answered(Answer::Ended);
const ON_TIME: Step = Ring(Duration::ZERO);

fn live(end: End, steps: &[Step]) {
    let start = Start {
        restore: false,
        random_keys: true,
        seed: 0,
        end,
    };
    let mut shell = Shell::new(&start);
    for step in steps {
        shell.play(step);
        shell.check();
    }
    shell.come_to_rest(end);
}

#[test]
fn nobody_is_told_of_a_repeated_logout_that_dispose_ended() {
    live(
        End::Disposed,
        &[SetSession(A), Logout(Scope::Global), LOST, ON_TIME],
    );
}

#[test]
fn nobody_is_told_of_a_repeated_logout_that_a_login_overtook() {
    live(
        End::Answered,
        &[
            SetSession(A),
            Logout(Scope::Global),
            LOST,
            Logout(Scope::Others),
            // It has the owed logout before it, and both wait for the one of the others.
            Refresh,
            Login,
        ],
    );
}

#[test]
fn a_logout_called_while_an_older_one_is_repeated_is_still_owed_after_that_one_was_heard() {
    let until_the_login_overtakes = [
        SetSession(A),
        Logout(Scope::Local),
        LOST,
        ON_TIME,
        Logout(Scope::Global),
        Login,
    ];
    for heard in [Answered(Answer::Ended), LOST] {
        let refused = Answered(Answer::Failed(Failure::new(Code::InvalidCredentials)));
        let steps = [&until_the_login_overtakes[..], &[heard, refused]].concat();
        live(End::Answered, &steps);
    }
}

#[test]
fn a_refresh_waits_for_a_logout_that_came_to_be_owed_while_an_older_one_was_repeated() {
    live(
        End::Answered,
        &[
            SetSession(A),
            Logout(Scope::Global),
            LOST,
            ON_TIME,
            SetSession(B),
            Logout(Scope::Local),
            Login,
            Logout(Scope::Others),
            Answered(Answer::Ended),
            LOST,
            Refresh,
        ],
    );
}

#[test]
fn a_logout_takes_the_place_of_one_that_was_about_to_be_repeated() {
    live(
        End::Answered,
        &[
            SetSession(A),
            Logout(Scope::Global),
            LOST,
            Logout(Scope::Others),
            Refresh,
            Logout(Scope::Global),
        ],
    );
}

#[test]
fn a_logout_that_is_only_repeated_does_not_cut_short_the_one_before_it() {
    live(
        End::Silent,
        &[
            SetSession(A),
            Logout(Scope::Global),
            LOST,
            Logout(Scope::Others),
            Refresh,
            Pass(Duration::from_secs(3)),
        ],
    );
}

#[test]
fn a_login_does_not_wait_for_a_refresh_to_be_sent_once_more() {
    let superseded = Failure::new(Code::Server).detail(Detail::Superseded);
    live(
        End::Answered,
        &[Refresh, Login, Answered(Answer::Failed(superseded))],
    );
}

#[test]
fn a_session_that_a_refresh_replaced_ends_when_its_cookie_is_gone() {
    live(
        End::Answered,
        &[
            SetSession(A),
            Refresh,
            Answered(Answer::Granted(B)),
            Refresh,
            Answered(Answer::Denied { missing: true }),
        ],
    );
}

#[test]
fn a_logout_that_was_given_up_for_a_narrower_one_is_still_owed_when_that_one_was_heard() {
    for answer in [HEARD, LOST, Answered(Answer::Granted(A))] {
        live(
            End::Answered,
            &[
                Logout(Scope::Global),
                Logout(Scope::Local),
                // The patience with the first.
                ON_TIME,
                answer,
            ],
        );
    }
}

#[test]
fn two_logouts_that_waited_for_a_refresh_are_over_even_if_the_second_is_never_answered() {
    for refreshed in [Answered(Answer::Granted(A)), LOST] {
        for first in [HEARD, LOST] {
            live(
                End::Silent,
                &[
                    Refresh,
                    Logout(Scope::Global),
                    Logout(Scope::Local),
                    refreshed.clone(),
                    first.clone(),
                ],
            );
        }
    }
}

/// A login that a logout overtook, and whose answer nobody saw, when the server has heard of the logout.
const STRAY: [Step; 4] = [Login, Logout(Scope::Global), LOST, HEARD];

#[test]
fn what_a_stray_login_left_is_ended_before_the_next_refresh_and_after_that_no_more() {
    for told in [HEARD, LOST] {
        let steps = [&STRAY[..], &[Refresh, told, ON_TIME, HEARD, Refresh]].concat();
        live(End::Answered, &steps);
    }
}

#[test]
fn a_logout_while_what_a_stray_login_left_is_being_ended_counts_for_both() {
    for scope in [Scope::Local, Scope::Global] {
        for told in [HEARD, LOST] {
            let steps = [&STRAY[..], &[Refresh, Logout(scope), told, HEARD, Refresh]].concat();
            live(End::Answered, &steps);
        }
    }
}

#[test]
fn a_login_that_overtakes_the_end_of_a_stray_one_leaves_it_owed_if_it_is_refused() {
    let refused = Answered(Answer::Failed(Failure::new(Code::InvalidCredentials)));
    let steps = [&STRAY[..], &[Refresh, LOST, Login, refused, Refresh]].concat();
    live(End::Answered, &steps);
}
