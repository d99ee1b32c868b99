//! What is measured: the two moments of a session's life that happen often, or with many callers at once.

use core::time::Duration;

use evertoken_core::{
    Access, Config, Effect, Exchange, Granted, Input, Instant, OpId, Outcome, Restore, Session,
};

/// How many requests wait for the refresh that is measured.
pub const WAITERS: usize = 1_000;

const LIFETIME: Duration = Duration::from_secs(900);

/// A session in which somebody has just signed in, and the present instant.
pub fn signed_in() -> (Session, Instant) {
    let now = Instant::from_millis(0);
    let config = Config {
        restore: Restore::Never,
        ..Config::default()
    };
    let mut session = Session::new(config, 1);
    if let Ok(op) = session.login(now) {
        answer(&mut session, now, op);
    }
    while session.poll_effect().is_some() {}
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
    let mut refresh = None;
    while let Some(effect) = session.poll_effect() {
        if let Effect::Send {
            op,
            exchange: Exchange::Refresh(_),
            ..
        } = effect
        {
            refresh = Some(op);
        }
    }
    if let Some(op) = refresh {
        answer(session, now, op);
    }
    while session.poll_effect().is_some() {}
    (0..waiters).filter(|_| authorize(session, now)).count()
}

fn answer(session: &mut Session, now: Instant, op: OpId) {
    let outcome = Outcome::Granted(Granted {
        lifetime: Some(LIFETIME),
        subject: Some("a".into()),
        ..Granted::default()
    });
    session.handle(now, Input::Answer { op, outcome });
}
