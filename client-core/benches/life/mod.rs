//! What is measured: the two moments of a session's life that happen often, or with many callers at once.

use evertoken_core::Duration;

use evertoken_core::{
    Access, Config, Effect, Exchange, Granted, Input, Instant, OpId, Outcome, Restore, Session,
    Stored,
};

/// How many requests wait for the refresh that is measured.
pub const WAITERS: usize = 1_000;

const LIFETIME: Duration = Duration::from_secs(900);

/// A session in which somebody has just signed in, and the present instant.
pub fn signed_in() -> (Session, Instant) {
    let now = Instant::from_millis(0);
    let config = Config {
        restore: Restore::Never,
        channel: false,
        ..Config::default()
    };
    let mut session = Session::new(config, 1);
    if let Ok(op) = session.login(now) {
        drain(&mut session, now);
        answer(&mut session, now, op);
    }
    drain(&mut session, now);
    (session, now)
}

/// The same when its token has expired.
pub fn expired() -> (Session, Instant) {
    let (session, now) = signed_in();
    (session, now.after(LIFETIME))
}

/// May this request go? It may.
pub fn authorize(session: &mut Session, now: Instant) -> bool {
    matches!(session.authorize(now, None), Access::Use(_))
}

/// As many as `waiters` ask, one refresh is sent and answered, all ask again. Says how many may go.
pub fn refresh(session: &mut Session, now: Instant, waiters: usize) -> usize {
    for _ in 0..waiters {
        std::hint::black_box(session.authorize(now, None));
    }
    let refresh = drain(session, now);
    if let Some(op) = refresh {
        answer(session, now, op);
    }
    drain(session, now);
    (0..waiters).filter(|_| authorize(session, now)).count()
}

/// Performs what has to be, in a browser without locks; says which refresh was sent.
fn drain(session: &mut Session, now: Instant) -> Option<OpId> {
    let mut refresh = None;
    while let Some(effect) = session.poll_effect() {
        match effect {
            Effect::Lock(lock) => {
                let stored = Stored::default();
                session.handle(now, Input::Locked { lock, stored });
            }
            Effect::Send {
                op,
                exchange: Exchange::Refresh(_),
                ..
            } => refresh = Some(op),
            Effect::Send { .. }
            | Effect::Unlock(_)
            | Effect::Keep(..)
            | Effect::Post(_)
            | Effect::Abort(_)
            | Effect::Adopt { .. }
            | Effect::Forget
            | Effect::Wake { .. }
            | Effect::Done { .. }
            | Effect::Changed
            | Effect::Report(_) => {}
        }
    }
    refresh
}

fn answer(session: &mut Session, now: Instant, op: OpId) {
    let outcome = Outcome::Granted(Granted {
        lifetime: Some(LIFETIME),
        subject: Some("a".into()),
        ..Granted::default()
    });
    session.handle(now, Input::Answer { op, outcome });
}
