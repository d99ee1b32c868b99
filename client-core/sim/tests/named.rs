//! The sequences that break simpler protocols, each as a script. In all of them every client is honest.

#![allow(
    missing_docs,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

use evertoken_core::{Fault, Scope};
use evertoken_sim::script::{Fate, Lags, Trouble};
use evertoken_sim::{Act, Mark, Outcome, Script, Setting, Step, play};

const A: usize = 0;
const B: usize = 1;
const ANNA: u8 = 0;
const BEN: u8 = 1;

/// A world without chance, in which both tabs are open and the first signs in as anna.
fn world(change: impl FnOnce(&mut Setting)) -> Script {
    let mut setting = Setting {
        steady: true,
        ..Setting::default()
    };
    change(&mut setting);
    let script = Script {
        seed: 1,
        setting,
        steps: vec![],
    };
    script
        .then(0, A, Act::Open)
        .then(10, B, Act::Open)
        .then(500, A, login(ANNA))
}

trait Then {
    fn then(self, at: u64, place: usize, act: Act) -> Self;
}

impl Then for Script {
    fn then(mut self, at: u64, place: usize, act: Act) -> Self {
        self.steps.push(Step { at, place, act });
        self
    }
}

fn login(user: u8) -> Act {
    Act::Login { user, right: true }
}

fn slow(up: u64, down: u64) -> Act {
    Act::Fate(Fate {
        up,
        down,
        ..Fate::FINE
    })
}

fn fares(trouble: Trouble) -> Act {
    Act::Fate(Fate {
        trouble,
        ..Fate::FINE
    })
}

fn lags(channel: u64, storage: u64) -> Act {
    Act::Lags(Lags {
        lock: 2,
        channel,
        storage,
    })
}

/// Plays it; no law may be broken, and at the end everybody shows `user`.
fn played(script: &Script, user: Option<u8>) -> Outcome {
    let outcome = play(script, true);
    let trace = outcome.trace.join("\n");
    assert_eq!(outcome.broken, None, "{trace}");
    assert!(
        outcome.shown.iter().all(|shown| *shown == user),
        "{:?}\n{trace}",
        outcome.shown
    );
    assert_eq!(outcome.marks.count(Mark::RowSpent), 0, "{trace}");
    outcome
}

/// The same sequence shows what becomes of a machine that makes the mistake: a law is broken, somebody else is shown,
/// or the server or the other tabs are asked for more or less.
#[track_caller]
fn shows(script: &Script, fault: Fault) {
    let mut wrong = script.clone();
    wrong.setting.planted = Some(fault);
    let (right, wrong) = (play(script, false), play(&wrong, false));
    let served = [
        Mark::RowCurrent,
        Mark::LogoutServed,
        Mark::RowEnded,
        Mark::EffectAdoptPeer,
    ];
    let served = |outcome: &Outcome| served.map(|mark| outcome.lived.count(mark));
    let is_seen =
        wrong.broken.is_some() || wrong.shown != right.shown || served(&wrong) != served(&right);
    assert!(is_seen, "{fault:?} makes no difference");
}

/// How often the script came upon it.
#[track_caller]
fn met(outcome: &Outcome, mark: Mark, times: u64) {
    let trace = outcome.trace.join("\n");
    assert_eq!(outcome.lived.count(mark), times, "{}\n{trace}", mark.text());
}

#[test]
fn p01_a_tab_that_finds_the_lock_free_asks_and_does_not_renew_what_was_just_renewed() {
    let script = world(|_| ())
        .then(2_000, A, lags(40, 6))
        .then(5_000, A, Act::Renew)
        // The first has given the lock back by then, and its token is on the way.
        .then(5_130, B, Act::Renew)
        .then(6_000, A, Act::Fetch(1));
    let outcome = played(&script, Some(ANNA));
    met(&outcome, Mark::RowCurrent, 1);
    met(&outcome, Mark::FreeLock, 1);
    shows(&script, Fault::FreeLockDoesNotAsk);
}

#[test]
fn p02_a_late_copy_of_a_refresh_whose_answer_was_lost_is_superseded() {
    let lost = Act::Fate(Fate {
        trouble: Trouble::Truncated,
        copy: Some(6_000),
        ..Fate::FINE
    });
    let script = world(|_| ())
        .then(1_000, A, lost)
        .then(1_001, A, Act::Renew)
        .then(9_000, A, Act::Fetch(1));
    let outcome = played(&script, Some(ANNA));
    met(&outcome, Mark::RowCurrent, 2);
    met(&outcome, Mark::RowSuperseded, 1);
}

#[test]
fn p03_a_thawed_tab_that_knows_an_older_generation_is_no_thief() {
    let alone = |setting: &mut Setting| {
        setting.channel = false;
        setting.storage = false;
    };
    let script = world(alone)
        .then(1_000, B, Act::Renew)
        .then(2_000, A, Act::Freeze)
        .then(3_000, B, Act::Renew)
        .then(4_000, B, fares(Trouble::LostAfter))
        .then(4_001, B, Act::Renew)
        .then(4_010, B, Act::Kill)
        .then(20_000, A, Act::Thaw)
        .then(21_000, A, Act::Fetch(1));
    let outcome = played(&script, Some(ANNA));
    met(&outcome, Mark::RowReplay, 1);
}

#[test]
fn p04_without_locks_two_tabs_that_renew_at_once_get_one_successor_and_no_reuse() {
    let script = world(|setting| setting.locks = false)
        .then(2_000, A, Act::Renew)
        .then(2_000, B, Act::Renew)
        .then(2_500, A, Act::Fetch(1))
        .then(2_500, B, Act::Fetch(1));
    let outcome = played(&script, Some(ANNA));
    met(&outcome, Mark::RowCurrent, 1);
    met(&outcome, Mark::RowReplay, 1);
}

#[test]
fn p05_a_refusal_that_is_answered_after_a_login_leaves_the_login_its_cookie() {
    let script = world(|setting| setting.locks = false)
        .then(2_000, A, slow(1_000, 1_000))
        .then(2_001, A, Act::Renew)
        .then(2_100, B, login(BEN))
        .then(5_000, A, Act::Fetch(1));
    let outcome = played(&script, Some(BEN));
    met(&outcome, Mark::RowEnded, 1);
}

#[test]
fn p06_a_cookie_that_is_set_after_a_login_leads_back_to_the_login() {
    let script = world(|setting| setting.locks = false)
        .then(2_000, A, slow(10, 2_000))
        .then(2_001, A, Act::Renew)
        .then(2_100, B, login(BEN))
        .then(6_000, B, Act::Renew)
        .then(7_000, A, Act::Fetch(1));
    let outcome = played(&script, Some(BEN));
    met(&outcome, Mark::RowReplacedWithKey, 1);
}

#[test]
fn p07_two_logins_that_have_not_heard_of_each_other_end_in_one() {
    let script = world(|_| ())
        .then(1_000, A, lags(300, 400))
        .then(2_000, A, login(ANNA))
        .then(2_050, B, login(BEN))
        .then(6_000, A, Act::Fetch(1));
    let outcome = played(&script, Some(BEN));
    met(&outcome, Mark::LoginGranted, 3);
    shows(&script, Fault::EpochsTie);
}

#[test]
fn p08_a_logout_that_has_not_heard_of_a_login_does_not_end_it() {
    let script = world(|_| ())
        .then(1_000, A, lags(40, 60))
        .then(2_000, A, login(BEN))
        .then(2_150, B, Act::Logout(Scope::Global))
        .then(6_000, A, Act::Fetch(1));
    let outcome = played(&script, Some(BEN));
    met(&outcome, Mark::LogoutServed, 0);
}

#[test]
fn p09_a_tombstone_is_not_overwritten_by_a_tab_that_has_not_read_it() {
    let script = world(|setting| setting.channel = false)
        .then(1_000, A, Act::Fetch(1))
        .then(1_000, A, lags(4, 1_000))
        .then(2_000, A, slow(20, 500))
        .then(2_001, A, Act::Renew)
        .then(2_100, B, Act::Logout(Scope::Global))
        .then(2_110, B, Act::Kill)
        .then(2_700, A, Act::Close)
        .then(6_000, A, Act::Open);
    let outcome = played(&script, None);
    assert_eq!(outcome.marks.count(Mark::TombstoneAtStart), 1);
    assert_eq!(outcome.marks.count(Mark::LogoutServed), 1);
    shows(&script, Fault::TombstoneInRecord);
    shows(&script, Fault::TombstoneIgnored);
}

#[test]
fn p10_a_login_that_a_logout_overtook_logs_itself_out() {
    let script = world(|_| ())
        .then(2_000, A, slow(500, 500))
        .then(2_001, A, login(BEN))
        .then(2_200, A, Act::Logout(Scope::Global))
        .then(6_000, A, Act::Reload);
    let outcome = played(&script, None);
    met(&outcome, Mark::LoginOvertaken, 1);
    assert!(outcome.lived.count(Mark::LogoutServed) >= 1);
}

#[test]
fn p10_a_login_that_a_logout_elsewhere_overtook_logs_itself_out() {
    let script = world(|setting| setting.locks = false)
        .then(2_000, A, slow(2_000, 100))
        .then(2_001, A, login(BEN))
        .then(2_200, B, Act::Logout(Scope::Global))
        .then(9_000, A, Act::Reload);
    let outcome = played(&script, None);
    met(&outcome, Mark::LoginOvertaken, 1);
    shows(&script, Fault::OvertakenLoginStays);
}

#[test]
fn p10_a_login_that_was_given_up_for_a_logout_and_was_granted_later_is_logged_out_of_at_the_next_start()
 {
    let script = world(|_| ())
        .then(2_000, A, slow(5_000, 500))
        .then(2_001, A, login(BEN))
        .then(2_200, A, Act::Logout(Scope::Global))
        .then(9_000, A, Act::Reload)
        .then(9_500, B, Act::Reload);
    played(&script, None);
    shows(&script, Fault::StrayLoginIsForgotten);
}

#[test]
fn p11_a_logout_that_a_login_overtook_is_not_sent() {
    let script = world(|_| ())
        .then(2_000, A, slow(500, 500))
        .then(2_001, A, Act::Renew)
        .then(2_100, A, Act::Logout(Scope::Global))
        .then(2_200, A, login(BEN))
        .then(6_000, B, Act::Fetch(1));
    let outcome = played(&script, Some(BEN));
    met(&outcome, Mark::LogoutServed, 0);
    met(&outcome, Mark::LogoutOvertaken, 1);
}

#[test]
fn p12_an_answer_commits_only_into_the_epoch_it_was_sent_from() {
    let script = world(|setting| setting.locks = false)
        .then(2_000, A, slow(10, 900))
        .then(2_001, A, Act::Renew)
        .then(2_100, B, login(BEN))
        .then(2_500, B, Act::Fetch(1))
        .then(5_000, A, Act::Fetch(1));
    played(&script, Some(BEN));
}

#[test]
fn p13_a_login_whose_answer_was_lost_is_found_out_by_one_refresh() {
    let script = world(|_| ())
        .then(2_000, A, fares(Trouble::LostAfter))
        .then(2_001, A, login(BEN))
        .then(6_000, A, Act::Fetch(1));
    let outcome = played(&script, None);
    met(&outcome, Mark::LoginLost, 1);
    met(&outcome, Mark::RowEnded, 1);
    shows(&script, Fault::LostLoginIsForgotten);
}
