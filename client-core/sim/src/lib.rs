//! Worlds in which sessions live: a strict server, a network that loses and repeats, a browser whose tabs sleep and
//! die, and people who sign in and out. Everything in a world follows from one number, its seed, so what went wrong
//! once goes wrong again, and can be made small and read.
//!
//! The session machine of `evertoken-core` is the only real thing here. Time is virtual, and one thing happens at a
//! time. A million worlds pass in minutes, and after every step the [laws](Law) are looked at that must always hold.
//!
//! # What is where
//!
//! * [`script`]: a world as data. [`users`] draws one from a seed; tests write some by hand.
//! * [`world`]: plays a script. Its files are the rooms of a browser page: requests (`wire`), what comes to a tab
//!   (`tabs`), the shell around a machine (`shell`), callers of `fetch` (`calls`), people (`acts`), the laws (`watch`)
//!   and how it ends (`rest`).
//! * [`server`], [`network`], [`browser`], [`tab`]: what is out there, each a model of its own.
//! * [`chance`]: numbers from a seed. Each thing has its own, so a world from which something is taken away goes on as
//!   before, and [`shrink`](fn@shrink) can take away nearly everything.
//! * [`marks`]: how often each situation was met; a simulation that never meets one proves nothing about it.
//! * [`run`](mod@run): many worlds on all cores.
//!
//! # What is not modelled
//!
//! Bodies, headers and URLs (the tests of reading and of the browser shell have them), other contracts than
//! `rotation`, thieves, and servers that lose writes.

#![allow(
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a simulation that is wrong breaks off, and a reader of its laws is asked nothing by a new variant"
)]
#![cfg_attr(test, allow(clippy::panic, clippy::unwrap_used))]

pub mod browser;
pub mod chance;
pub mod marks;
pub mod network;
pub mod run;
pub mod script;
pub mod server;
mod shrink;
pub mod stories;
pub mod tab;
mod trace;
pub mod users;
pub mod world;

pub use marks::{Mark, Marks};
pub use run::{Failed, Report, run};
pub use script::{Act, Script, Setting, Step};
pub use shrink::shrink;
pub use users::Wishes;
pub use world::{Broken, Law, Outcome, play};
