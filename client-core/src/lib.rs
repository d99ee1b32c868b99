//! The evertoken session machine: it decides, and never does.
//!
//! A browser client that keeps a user signed in has to answer one question a thousand times, *may this
//! request go, and with which token?*, while logins, renewals and logouts are on their way, answers get
//! lost, and other tabs do the same with the same cookie. This crate answers it without a clock, without
//! randomness, without async and without JavaScript: time is an argument, the world arrives as [`Input`]s,
//! what should happen leaves as [`Effect`]s. So every order of events can be played in a test before a user
//! meets it.
//!
//! ```text
//!                     authorize · refresh · login · logout · set_session · resources · dispose
//!                                                   │
//!   ┌───────────────────────────────────────────────▼───────────────────────────────────────────────┐
//!   │ STATE   who is signed in              SignedOut ⇄ Restoring ⇄ SignedIn { grant } … Disposed    │
//!   │ WIRE    the one exchange              queue ─► Locking ─► Asking ─► Sent                       │
//!   │ PLACE   where all tabs stand          Position { Epoch (login or logout), generation, ended }  │
//!   │ DEBTS   what must not be forgotten    a logout that is owed · a login to find out · a key      │
//!   └───────▲────────────────▲──────────────────────┬──────────────────────┬────────────────┬───────┘
//!      Answer · Tick   Heard · Stored        Send · Lock · Abort     Post · Keep     Adopt · Forget
//!      Locked · Online  Hidden · Shown       (network and lock)     (other tabs)    Wake · Done · Changed
//! ```
//!
//! To draw it from memory, remember four rules:
//!
//! 1. **One exchange at a time**, over all tabs. Each takes the lock, asks the other tabs, and is sent only if it
//!    still has to be: another tab may have done it.
//! 2. **An answer counts only for the turn and the place it was sent from.** A login or logout begins a new turn; a
//!    refusal counts only if nobody has got further since.
//! 3. **The greatest position wins**, in every tab, however late it is heard of: epochs are totally ordered, a logout
//!    comes before a login of the same number, an end outranks the grant it ends.
//! 4. **What may have happened is found out before anything else**: a refresh is repeated with the same key, a login
//!    is found out by one refresh, a logout is repeated until the server knows.
//!
//! # How to drive it
//!
//! ```
//! use evertoken_core::{Access, Config, Effect, Granted, Input, Instant, Outcome, Restore, Session, Stored};
//!
//! let now = Instant::from_millis(0);
//! let config = Config { restore: Restore::Never, channel: false, ..Config::default() };
//! let mut session = Session::new(config, 1);
//! session.start(now, Stored::default());
//!
//! let login = session.login(now).unwrap();
//! while let Some(effect) = session.poll_effect() {
//!     match effect {
//!         // Other tabs share the cookie jar. There are none here, so the lock is held at once.
//!         Effect::Lock(lock) => session.handle(now, Input::Locked { lock, stored: Stored::default() }),
//!         // The shell sends the request; later its answer comes in.
//!         Effect::Send { op, .. } => assert_eq!(op, login),
//!         _ => {}
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
//! * `session/`: `mod.rs` has the verbs; `state.rs` and `wire.rs` the two pictures; `passage.rs` how an exchange gets on
//!   the wire; `answer.rs` what comes back; `commit.rs` how a session begins and ends; `peers.rs` what other tabs say,
//!   `notes.rs` what they left in the storage, `presence.rs` who is there; `resources.rs` what resources say; `steps.rs` what these have in common.
//! * `tabs/`: the [`Message`]s and [`Stored`] notes themselves, and the [`Position`] they are about.
//! * [`read`] turns answers into [`Outcome`]s by a [`Contract`]: *denied* ends a session, everything else never does.
//! * The machine knows no callers, only operations. Whoever gets [`Access::Wait`] waits for that
//!   operation's [`Effect::Wake`] and then asks again, so nobody can be forgotten, and a caller who
//!   goes away cancels nothing for the others.
//! * Every operation has an [`OpId`] and every token a [`TokenId`] that never repeat. A caller who saw a 401 names the
//!   token it saw refused, and gets a newer one of the same user, or waits for one, or gets its 401 back.
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
#[cfg(feature = "planted")]
pub use planted::Fault;
pub use read::{Granted, Outcome};
pub use session::Session;
pub use tabs::{
    Epoch, Message, Position, Record, Shared, Slot, Status, Stored, Tab, Tabs, Tombstone,
};
pub use time::{Clock, Duration, Instant};
