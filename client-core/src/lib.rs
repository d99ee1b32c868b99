//! The evertoken session machine: it decides, and never does.
//!
//! A browser client that keeps a user signed in has to answer one question a thousand times, *may this
//! request go, and with which token?*, while logins, renewals and logouts are on their way and answers
//! get lost. This crate answers it without a clock, without randomness, without async and without
//! JavaScript: time is an argument, the world arrives as [`Input`]s, what should happen leaves as
//! [`Effect`]s. So every order of events can be played in a test before a user meets it.
//!
//! # How to drive it
//!
//! ```
//! use evertoken_core::{Access, Config, Effect, Exchange, Granted, Input, Instant, Outcome, Restore, Session};
//!
//! let now = Instant::from_millis(0);
//! let mut session = Session::new(Config { restore: Restore::Never, ..Config::default() }, 1);
//!
//! let login = session.login(now).unwrap();
//! while let Some(effect) = session.poll_effect() {
//!     if let Effect::Send { op, exchange: Exchange::Login, .. } = effect {
//!         // … the shell sends the request; later its answer comes in:
//!         assert_eq!(op, login);
//!     }
//! }
//! session.handle(now, Input::Answer { op: login, outcome: Outcome::Granted(Granted::default()) });
//! assert!(matches!(session.authorize(now, None), Access::Use(_)));
//! ```
//!
//! Mutate, then drain [`Session::poll_effect`], then set one timer for [`Session::poll_timeout`] and
//! answer it with [`Input::Tick`]. Nothing is called while the machine is borrowed.
//!
//! # What is where
//!
//! * [`Session`]: the state (who is signed in) and the wire (the one exchange that may be under way,
//!   and those that wait for it). `session/state.rs` has the picture.
//! * The machine knows no callers, only operations. Whoever gets [`Access::Wait`] waits for that
//!   operation's [`Effect::Wake`] and then asks again, so nobody can be forgotten, and a caller who
//!   goes away cancels nothing for the others.
//! * Every operation has an [`OpId`] and every token a [`TokenId`] that never repeat. An answer to an
//!   operation that is no longer current changes nothing; a caller who saw a 401 names the token it saw
//!   refused, and gets a newer one of the same user, or waits for one, or gets its 401 back.
//! * [`read`] turns answers into [`Outcome`]s: *denied* ends a session, everything else never does.
//! * A token never enters the machine: the shell keeps it, under its [`TokenId`].

#![forbid(unsafe_code)]

mod backoff;
mod config;
mod contract;
mod effect;
mod failure;
mod grant;
mod planted;
pub mod read;
mod rng;
mod session;
mod tabs;
mod time;

pub use config::{Config, Restore};
pub use contract::{Body, Contract, Cookies, Endpoint, Fields, Forbidden, Renewal, Text};
pub use effect::{Access, Effect, Event, Exchange, Input, OpId, Scope, Timer, View, Why};
pub use failure::{Code, Detail, Failure, Reason};
pub use grant::TokenId;
pub use read::{Granted, Outcome};
#[cfg(feature = "planted")]
pub use planted::Fault;
pub use session::Session;
pub use tabs::{
    Epoch, Message, Position, Record, Shared, Slot, Status, Stored, Tab, Tabs, Tombstone,
};
pub use time::{Clock, Instant};
