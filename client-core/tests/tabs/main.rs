//! Many tabs, one session: every rule by itself, in the order in which an exchange and a session meet it.
//!
//! `page.rs` is a tab with everything in the test's hand: when the lock is held, what is heard and stored, what
//! time it is; `seen.rs` is what can be seen of it. The other tabs are mostly words put into its ear (`words.rs`); where it takes two or twenty real ones
//! with a lock, a channel and a storage between them, `origin.rs` has those, and `together.rs` their scenarios. The
//! random walk through all of that is the simulation's; here each test says one thing.
//!
//! How an exchange gets on the wire is in `lock.rs` and `asking.rs`; what is taken from others in `adoption.rs` and
//! `following.rs`; how logins, logouts and refusals of several tabs meet in `logins.rs`, `logouts.rs`, `tombstones.rs`, `strays.rs` and `denial.rs`; what who is signed out asks in `questions.rs`;
//! how a tab comes and goes in `presence.rs`; the network in `network.rs`; what resources say in `resources.rs`; what is written and read in `texts.rs`; whatever else may be said, in `walk.rs` and `said.rs`.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    unreachable_pub,
    reason = "a test that fails says so by panicking"
)]

mod adoption;
mod asking;
mod denial;
mod following;
mod lock;
mod logins;
mod logouts;
mod network;
mod origin;
#[path = "../common/outcomes.rs"]
mod outcomes;
mod page;
mod presence;
mod questions;
mod resources;
mod said;
mod seen;
mod strays;
mod texts;
mod together;
mod tombstones;
mod walk;
mod words;
