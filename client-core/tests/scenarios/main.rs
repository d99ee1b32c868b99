//! The situations that have broken widely used clients, in one tab and in the order a session lives. The numbers are
//! those of the project's list of scenarios; the browser tests use the same. What takes several tabs is in `tabs/`.
//!
//! `rig.rs` is the shell: virtual time, answers when the test gives them, and callers of `fetch` as real ones are.

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

mod end;
mod logins;
mod logout;
mod lost_answers;
mod network;
#[path = "../common/outcomes.rs"]
mod outcomes;
mod requests;
mod rig;
mod start;
mod time;
