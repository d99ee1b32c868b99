//! Where the client runs and what it leaves there: pages with a policy, workers, storage, memory.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking"
)]

mod leaks;
mod policy;
mod secrets;
mod workers;

use serde_json::Value;

/// Calls `/auth/me` so often at once and returns each status, or the code of what was thrown.
const CALL: &str = "return Promise.all(Array.from({ length: args }, () =>
    auth.fetch('/auth/me').then((r) => r.status, (e) => e.code ?? e.name)))";

fn all(value: &Value, expected: &Value, n: usize) {
    let ended = value.as_array().unwrap();
    assert_eq!(ended.len(), n);
    assert!(ended.iter().all(|one| one == expected), "{ended:?}");
}
