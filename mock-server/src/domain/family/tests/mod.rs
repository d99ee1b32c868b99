//! What a family decides.

mod reading;
mod table;
mod vouching;

use super::*;

const NOW: Seconds = 1_000_000;
const TTL: Seconds = 1_000;
const GOOD: Standing = Standing {
    moved: None,
    active: true,
    grace_ms: 0,
};
const GRACE: Standing = Standing {
    grace_ms: 10_000,
    ..GOOD
};

/// One that was opened just now.
fn opened(contract: Contract) -> Family {
    Family::open(
        NOW,
        Opening {
            id: FamilyId("f".into()),
            user: UserId("u".into()),
            client: "spa".into(),
            contract,
            epoch: 0,
            refresh_ttl: TTL,
            absolute_ttl: 3 * TTL,
        },
    )
}

fn text(byte: u8) -> Key {
    Key::Foreign(KeyHash([byte; 32]))
}
