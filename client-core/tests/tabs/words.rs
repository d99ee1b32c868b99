//! Short words for what the tests say: answers, positions and what a tab that is not there would post.

use evertoken_core::Duration;

use evertoken_core::{Exchange, Instant, Position, Record, Scope, Shared, Status, Tab, Tombstone};

pub use crate::outcomes::{LIFE, LIFETIME, MINUTE, SECOND, denied, failed, granted};

pub const GLOBAL: Exchange = Exchange::Logout(Scope::Global);
pub const LOCAL: Exchange = Exchange::Logout(Scope::Local);

pub const ASK: Duration = Duration::from_millis(100);

/// The time of day when a test begins.
pub const NOON: Instant = Instant::from_millis(1_800_000_000_000);

/// A tab that is played by the test.
pub const PEER: Tab = 2;
pub const OTHER: Tab = 3;

pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// The start of the session that the `number`-th login or logout opened, at noon.
pub fn login(number: u32) -> Position {
    login_at(number, NOON)
}

pub fn login_at(number: u32, at: Instant) -> Position {
    opened(number, true, at)
}

/// The end that the `number`-th login or logout is, when whoever signed in at noon is signed in.
pub fn logout(number: u32) -> Position {
    logout_at(number, NOON.after(SECOND))
}

pub fn logout_at(number: u32, at: Instant) -> Position {
    Position {
        ended: true,
        ..opened(number, false, at)
    }
}

fn opened(number: u32, is_login: bool, at: Instant) -> Position {
    let stamp = at.as_millis() << 20 | u64::from(PEER);
    let text = format!("2 {number:x} {:x} {stamp:x} 0 0 - -", u8::from(is_login));
    Record::parse(&text).expect("a record").position
}

/// `n` refreshes later.
pub fn later(position: Position, n: u32) -> Position {
    Position {
        generation: position.generation + n,
        ..position
    }
}

pub fn ended(position: Position) -> Position {
    Position {
        ended: true,
        ..position
    }
}

/// What a tab without a token says, and nobody asked it.
pub fn news(position: Position) -> Status {
    Status {
        from: PEER,
        answers: (0, 0),
        position,
        reason: None,
        key: None,
        token: None,
    }
}

/// What a tab says that has a fresh token of `who`.
pub fn news_of(who: &str, position: Position) -> Status {
    Status {
        token: Some(token_of(who)),
        ..news(position)
    }
}

pub fn token_of(who: &str) -> Shared {
    Shared {
        age: Duration::ZERO,
        lifetime: Some(LIFE),
        subject: Some(who.into()),
    }
}

pub fn record(position: Position) -> String {
    record_with(position, None)
}

pub fn record_with(position: Position, key: Option<&str>) -> String {
    let record = Record {
        position,
        reason: None,
        refresh_key: key.map(Into::into),
    };
    record.to_text()
}

pub fn tombstone(position: Position, owed: Option<Scope>) -> String {
    let epoch = position.epoch;
    Tombstone { epoch, owed }.to_text()
}
