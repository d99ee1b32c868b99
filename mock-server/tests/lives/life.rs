//! What can happen to the sessions of a user.

use evertoken_mock::domain::{LogoutScope, ReuseRevokes, Seconds};
use proptest::prelude::*;
use proptest::sample::Index;

/// What the server was started with.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// `--grace`, in seconds.
    pub grace: Seconds,
    /// `--reuse-revokes`.
    pub reuse: ReuseRevokes,
}

/// What came as `Idempotency-Key`.
#[derive(Clone, Copy, Debug)]
pub enum Brought<Position = i64> {
    Nothing,
    /// The refresh key of the generation so far behind the current one.
    KeyOf {
        back: Position,
    },
    /// Any other text; there are three.
    Text(u8),
}

impl<P> Brought<P> {
    pub fn onto<Q>(self, position: impl FnOnce(P) -> Q) -> Brought<Q> {
        match self {
            Self::Nothing => Brought::Nothing,
            Self::KeyOf { back } => Brought::KeyOf {
                back: position(back),
            },
            Self::Text(text) => Brought::Text(text),
        }
    }
}

#[derive(Clone, Debug)]
pub enum Step {
    Login {
        /// The family whose cookie came along.
        instead_of: Option<Index>,
    },
    /// The token so far behind the current one is presented, again and again.
    Present {
        which: Index,
        back: i64,
        brought: Brought,
        times: u32,
    },
    /// To a contract that never saw the family, and a family that nobody ever saw.
    PresentElsewhere {
        which: Index,
    },
    Logout {
        which: Index,
        back: i64,
        scope: LogoutScope,
    },
    Revoke {
        which: Index,
    },
    ExpireWhatWasIssued,
    Deactivate,
    Activate,
    Pass(Seconds),
}

pub fn rules() -> impl Strategy<Value = Rules> {
    let grace = prop_oneof![Just(0), Just(10)];
    let reuse = prop_oneof![Just(ReuseRevokes::User), Just(ReuseRevokes::Family)];
    (grace, reuse).prop_map(|(grace, reuse)| Rules { grace, reuse })
}

/// Most of it is honest, so that a life is long enough for what is not.
pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => proptest::option::of(any::<Index>())
            .prop_map(|instead_of| Step::Login { instead_of }),
        30 => (any::<Index>(), back(), brought(), times())
            .prop_map(|(which, back, brought, times)| Step::Present { which, back, brought, times }),
        20 => (any::<Index>(), honest())
            .prop_map(|(which, brought)| Step::Present { which, back: 0, brought, times: 1 }),
        1 => any::<Index>().prop_map(|which| Step::PresentElsewhere { which }),
        2 => (any::<Index>(), back(), scope())
            .prop_map(|(which, back, scope)| Step::Logout { which, back, scope }),
        1 => any::<Index>().prop_map(|which| Step::Revoke { which }),
        1 => Just(Step::ExpireWhatWasIssued),
        1 => Just(Step::Deactivate),
        3 => Just(Step::Activate),
        10 => time().prop_map(Step::Pass),
    ]
}

fn back() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => Just(0_i64),
        10 => Just(1),
        6 => 2..6_i64,
        1 => Just(-1),
    ]
}

fn honest() -> impl Strategy<Value = Brought> {
    prop_oneof![
        8 => Just(Brought::KeyOf { back: 0 }),
        1 => Just(Brought::Nothing),
        1 => (0..3_u8).prop_map(Brought::Text),
    ]
}

fn brought() -> impl Strategy<Value = Brought> {
    prop_oneof![
        2 => Just(Brought::Nothing),
        6 => back().prop_map(|back| Brought::KeyOf { back }),
        3 => (0..3_u8).prop_map(Brought::Text),
    ]
}

/// Often enough to come to the end of what is repeated.
fn times() -> impl Strategy<Value = u32> {
    prop_oneof![
        20 => Just(1_u32),
        3 => 2..8_u32,
        1 => 98..103_u32,
    ]
}

fn scope() -> impl Strategy<Value = LogoutScope> {
    prop_oneof![
        Just(LogoutScope::Local),
        Just(LogoutScope::Others),
        Just(LogoutScope::Global),
    ]
}

/// Around the grace, around the lifetime.
fn time() -> impl Strategy<Value = Seconds> {
    prop_oneof![
        4 => 0..5_u64,
        3 => 8..12_u64,
        2 => 100..600_u64,
        1 => 990..1_010_u64,
    ]
}
