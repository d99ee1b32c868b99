//! A small auth server that rotates refresh tokens strictly and misbehaves on command.
//!
//! It is a test double for anything that holds a refresh token. Five shapes of backend stand side by side
//! on one port: `rotation` (`/auth/login`), `oauth2` (`/auth/token`), `fixed-cookie` (`/api/v1/auth/`),
//! `gateway` (`/gateway/`) and `code-exchange` (`/wx/`). They answer as strict backends do: a token that
//! rotates is good once, an honest repeat gets the same successor, a reused token ends the user's
//! sessions. And they do what real backends do on bad days, when they are told to: answer late, not at
//! all, half, or after the change was made but before the client heard of it. The clock is moved, never
//! waited for.
//!
//! ```text
//!   MockServer ── a socket ──▶ app(State) ──▶ routes    translate requests and answers
//!   (feature `server`)                          │
//!                                            service    signs first, commits last
//!                                               │
//!                                             store     one atomic step, in memory or Redis
//!                                               │
//!                                            domain     decides; the table of rotation
//! ```
//! Around the routes lie the [`Tenant`]'s controls: its [`Clock`], its [`Faults`], its [`Counters`].
//! Whatever comes from outside comes through a [`World`]: the time, randomness, waiting. So nothing
//! below `MockServer` needs a socket, a thread or the system's clock, and without the feature `server`
//! the crate compiles to WebAssembly.
//!
//! What it never does: keep anything on disk, log a token, a password or a key, or answer to a page it
//! does not know. It is not an identity provider; its accounts are for tests.

#[cfg(feature = "server")]
pub mod args;
mod clock;
mod control;
mod counters;
pub mod domain;
pub mod duration;
mod faults;
mod files;
mod journal;
mod limits;
#[cfg(feature = "server")]
mod linger;
mod options;
mod origin;
mod rate;
mod routes;
mod secret;
#[cfg(feature = "server")]
mod server;
mod service;
mod shared;
mod signing;
mod store;
mod tenant;
mod tickets;
mod tokens;
pub mod world;

pub use clock::Clock;
pub use counters::{Counters, Logins, Refreshes, Resources};
pub use faults::spoil::ConnectionDropped;
pub use faults::{Do, Faults, Rule, When};
pub use journal::{Entry, Seen};
pub use limits::Peer;
pub use options::{Options, OptionsError, SameSite, StoreAt};
pub use rate::RateLimit;
pub use routes::app;
pub use secret::Secret;
#[cfg(feature = "server")]
pub use server::{MockServer, StartError};
pub use shared::State;
pub use signing::Alg;
pub use store::StoreDown;
pub use tenant::{FamilyView, Tenant};
pub use world::World;
