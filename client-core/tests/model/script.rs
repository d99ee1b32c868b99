//! What can happen to a session.

use evertoken_core::Duration;

use evertoken_core::{Code, Detail, Failure, Granted, Outcome, Reason, Scope};
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

/// How a life begins and ends.
#[derive(Clone, Debug)]
pub struct Start {
    /// Whether a session from last time is looked for.
    pub restore: bool,
    /// Whether a refresh for which no key was handed out sends a random one.
    pub random_keys: bool,
    pub seed: u64,
    pub end: End,
}

/// What the world does when the script is over, until nobody waits any more.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// The backend answers everything.
    Answered,
    /// The backend never answers again.
    Silent,
    /// The client is disposed of.
    Disposed,
}

#[derive(Clone, Debug)]
pub enum Step {
    Login,
    Logout(Scope),
    SetSession(Grant),
    Refresh,
    /// Somebody needs a token.
    Call,
    /// One of the tokens there ever were is refused by a resource.
    Rejected(usize),
    /// The exchange on the wire is answered, if there is one.
    Answer(Answer),
    /// An exchange that is over, or was never sent, is answered.
    Late(usize, Answer),
    /// A wake-up for no reason.
    Tick,
    /// The next timer rings, however late.
    Ring(Duration),
    /// Time passes; every timer on the way rings when it is due.
    Pass(Duration),
    /// Time passes and no timer rings.
    Sleep(Duration),
}

/// Who a token stands for, if the backend says, for how many seconds, and the key that is handed out with it.
#[derive(Clone, Copy, Debug)]
pub struct Grant(
    pub Option<&'static str>,
    pub Option<u64>,
    pub Option<&'static str>,
);

#[derive(Clone, Copy, Debug)]
pub enum Answer {
    Granted(Grant),
    Denied { missing: bool },
    Failed(Failure),
    Ended,
}

impl Grant {
    pub fn granted(self) -> Granted {
        Granted {
            lifetime: self.1.map(Duration::from_secs),
            subject: self.0.map(String::from),
            refresh_key: self.2.map(String::from),
            ..Granted::default()
        }
    }
}

impl Answer {
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Granted(grant) => Outcome::Granted(grant.granted()),
            Self::Denied { missing } => Outcome::Denied {
                reason: Some(Reason::Expired),
                missing,
                status: 401,
            },
            Self::Failed(failure) => Outcome::Failed(failure),
            Self::Ended => Outcome::Ended,
        }
    }
}

pub struct Script;

impl ReferenceStateMachine for Script {
    type State = Start;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Start> {
        let end = prop_oneof![Just(End::Answered), Just(End::Silent), Just(End::Disposed),];
        (any::<bool>(), any::<bool>(), any::<u64>(), end)
            .prop_map(|(restore, random_keys, seed, end)| Start {
                restore,
                random_keys,
                seed,
                end,
            })
            .boxed()
    }

    fn transitions(_: &Start) -> BoxedStrategy<Step> {
        prop_oneof![
            4 => Just(Step::Login),
            4 => scope().prop_map(Step::Logout),
            1 => grant().prop_map(Step::SetSession),
            4 => Just(Step::Refresh),
            6 => Just(Step::Call),
            4 => (0..16_usize).prop_map(Step::Rejected),
            16 => answer().prop_map(Step::Answer),
            2 => (0..32_usize, answer()).prop_map(|(which, answer)| Step::Late(which, answer)),
            1 => Just(Step::Tick),
            6 => prop_oneof![2 => Just(0), 1 => 1..5_000_u64]
                .prop_map(|late| Step::Ring(Duration::from_millis(late))),
            6 => time().prop_map(Step::Pass),
            2 => time().prop_map(Step::Sleep),
        ]
        .boxed()
    }

    /// What a step leads to is only known when the machine has answered: the model runs beside it (`ledger.rs`).
    fn apply(start: Start, _: &Step) -> Start {
        start
    }
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        2 => Just(Scope::Global),
        2 => Just(Scope::Local),
        1 => Just(Scope::Others),
    ]
}

fn grant() -> impl Strategy<Value = Grant> {
    let who = prop_oneof![
        6 => Just(Some("a")),
        3 => Just(Some("b")),
        1 => Just(None),
    ];
    let seconds = prop_oneof![
        6 => Just(Some(900)),
        1 => Just(Some(0)),
        1 => Just(Some(1)),
        1 => Just(Some(30)),
        1 => Just(None),
    ];
    let key = prop_oneof![Just(None), Just(Some("1.one")), Just(Some("2.two"))];
    (who, seconds, key).prop_map(|(who, seconds, key)| Grant(who, seconds, key))
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        8 => grant().prop_map(Answer::Granted),
        3 => any::<bool>().prop_map(|missing| Answer::Denied { missing }),
        4 => failure().prop_map(Answer::Failed),
        4 => Just(Answer::Ended),
    ]
}

fn failure() -> impl Strategy<Value = Failure> {
    let asked = Failure {
        retry_after: Some(Duration::from_secs(30)),
        ..Failure::new(Code::RateLimited)
    };
    prop_oneof![
        3 => Just(Failure::new(Code::Network)),
        1 => Just(Failure::new(Code::Server)),
        1 => Just(Failure::new(Code::Server).status(408)),
        1 => Just(Failure::new(Code::Server).status(409).detail(Detail::Superseded)),
        1 => Just(Failure::new(Code::RateLimited)),
        1 => Just(asked),
        1 => Just(Failure::new(Code::Misconfigured).detail(Detail::BadLifetime)),
        1 => Just(Failure::new(Code::InvalidCredentials)),
    ]
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![
        3 => 0..3_000_u64,
        3 => 3_000..60_000_u64,
        2 => 60_000..1_000_000_u64,
    ]
    .prop_map(Duration::from_millis)
}
