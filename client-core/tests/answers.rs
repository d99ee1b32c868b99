//! How a backend is described and how its answers are read.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unreachable,
    clippy::wildcard_enum_match_arm,
    unreachable_pub,
    missing_docs,
    reason = "a test that fails says so by panicking"
)]

#[path = "answers/backends.rs"]
mod backends;
#[path = "answers/contracts.rs"]
mod contracts;
#[path = "answers/grants.rs"]
mod grants;
#[path = "answers/logins.rs"]
mod logins;
#[path = "answers/properties.rs"]
mod properties;
#[path = "answers/proxies.rs"]
mod proxies;
#[path = "answers/refusals.rs"]
mod refusals;
#[path = "answers/resources.rs"]
mod resources;
#[path = "answers/support.rs"]
mod support;
#[path = "answers/waits.rs"]
mod waits;
