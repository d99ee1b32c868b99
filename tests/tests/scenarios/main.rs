//! The situations that must come out right, in a real browser, by their numbers. What is asserted is what the
//! server counted.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking"
)]

mod callers;
mod ends;
mod life;
mod lost;
mod network;
mod origins;
mod refused;
mod time;

use std::time::Duration;

use evertoken_mock::{Do, Rule};
use serde_json::Value;

/// Longer than the mock's access tokens live.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Calls `/auth/me` so often at once and returns each status, or the code of what was thrown.
const CALL: &str = "return Promise.all(Array.from({ length: args }, () =>
    auth.fetch('/auth/me').then((r) => r.status, (e) => e.code ?? e.name)))";

fn all(value: &Value, expected: &Value, n: usize) {
    let ended = value.as_array().unwrap();
    assert_eq!(ended.len(), n);
    assert!(ended.iter().all(|one| one == expected), "{ended:?}");
}

fn fault(path: &str, what: Do) -> Rule {
    Rule::new(path, what).count(1)
}

fn status(status: u16) -> Do {
    Do::Status {
        status,
        retry_after: None,
    }
}
