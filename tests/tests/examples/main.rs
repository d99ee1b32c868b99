//! The examples, used as a person uses them: what is asserted is what the server counted and what the page shows.
//!
//! `cargo xtask test e2e` puts them together as `cargo xtask example NAME` does, and says in `EVERTOKEN_EXAMPLES` where.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test's name is its documentation, and it fails by panicking"
)]

mod axios;
mod express;
mod gateway;
mod mini_program;
mod next;
mod place;
mod react;
mod tour;
mod vanilla;
mod yew;
