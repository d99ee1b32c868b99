//! Anything that may be said to a tab, asked of it, or left for it to find.

use evertoken_core::Duration;

use evertoken_core::{Position, Scope, Shared};
use proptest::prelude::*;

use crate::{texts, words};

/// Where another tab says that the session stands.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Where this one said, so many generations later.
    Here(u32, bool),
    /// In the epoch of a numbered login or logout.
    Near(u32, u32, bool),
    Anywhere(Position),
}

/// A record, a tombstone and what is owed of it, the mark of a login, and who is there.
pub type Notes = (
    Option<Place>,
    Option<(Place, Option<Scope>)>,
    Option<Place>,
    u8,
);

#[derive(Clone, Debug)]
pub enum Step {
    Login,
    Logout(Scope),
    Refresh,
    Call,
    SetSession,
    Answer(u8),
    Lock,
    /// A lock that was asked for before.
    OldLock(prop::sample::Index),
    Ask(u32, Option<Place>),
    Status {
        from: u32,
        answers: bool,
        place: Place,
        token: Option<Shared>,
        ago: Duration,
    },
    Bye(u32),
    Store(Notes),
    Hide,
    Show,
    Online(bool),
    Tick,
    Ring(Duration),
    Dispose,
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        3 => (0..3_u32, any::<bool>()).prop_map(|(later, ended)| Place::Here(later, ended)),
        3 => (0..6_u32, 0..3_u32, any::<bool>()).prop_map(|(n, later, login)| Place::Near(n, later, login)),
        1 => texts::position().prop_map(Place::Anywhere),
    ]
}

fn token() -> impl Strategy<Value = Option<Shared>> {
    let time = || prop_oneof![0..2_000_000_u64, any::<u64>()].prop_map(words::ms);
    let whom = prop::sample::select(vec![None, Some("a"), Some("b")]);
    let parts = (time(), prop::option::of(time()), whom);
    prop::option::of(parts.prop_map(|(age, lifetime, subject)| Shared {
        age,
        lifetime,
        subject: subject.map(Into::into),
    }))
}

fn scope() -> impl Strategy<Value = Scope> {
    prop::sample::select(vec![Scope::Local, Scope::Others, Scope::Global])
}

pub fn notes() -> impl Strategy<Value = Notes> {
    let place = || prop::option::of(place());
    let owed = prop::option::of(texts::owed());
    (place(), place(), owed, place(), any::<u8>()).prop_map(
        |(record, tombstone, owed, mark, tabs)| {
            (record, tombstone.map(|place| (place, owed)), mark, tabs)
        },
    )
}

pub fn step() -> impl Strategy<Value = Step> {
    let pause = || prop_oneof![Just(0), 0..200_u64, 0..1_000_000_u64].prop_map(words::ms);
    let status = (2..6_u32, any::<bool>(), place(), token(), pause());
    prop_oneof![
        2 => Just(Step::Login),
        2 => scope().prop_map(Step::Logout),
        2 => Just(Step::Refresh),
        3 => Just(Step::Call),
        1 => Just(Step::SetSession),
        8 => any::<u8>().prop_map(Step::Answer),
        8 => Just(Step::Lock),
        1 => any::<prop::sample::Index>().prop_map(Step::OldLock),
        2 => (2..6_u32, prop::option::of(place())).prop_map(|(from, has)| Step::Ask(from, has)),
        8 => status.prop_map(|(from, answers, place, token, ago)| Step::Status { from, answers, place, token, ago }),
        1 => (1..6_u32).prop_map(Step::Bye),
        3 => notes().prop_map(Step::Store),
        1 => Just(Step::Hide),
        2 => Just(Step::Show),
        1 => any::<bool>().prop_map(Step::Online),
        2 => Just(Step::Tick),
        6 => pause().prop_map(Step::Ring),
        1 => Just(Step::Dispose),
    ]
}
