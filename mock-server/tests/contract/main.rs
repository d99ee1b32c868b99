//! The contract, by topic: what goes over the wire, and what it changes. The clock is moved, never
//! waited for; what needs a socket is in `socket` and `process`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a test may panic, and its helpers are nobody's interface"
)]

mod backing;
mod between;
mod builds;
mod code_exchange;
mod controls;
mod cors;
mod delays;
mod document;
mod endpoints;
mod es256;
mod expire;
mod faults;
mod files;
mod fixed_cookie;
mod forged;
mod gateway;
mod hostile;
mod index;
mod input;
mod limits;
mod login;
mod logout;
mod logs;
mod oauth2;
mod process;
mod race;
mod redirect;
mod refresh;
mod replaced;
mod resource;
mod rig;
mod running;
mod socket;
mod spied;
mod stuck;
mod tenants;
#[cfg(feature = "redis")]
mod unavailable;
mod unread;
mod users;
mod walk;
mod wrong;
