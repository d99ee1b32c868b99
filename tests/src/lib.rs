//! End to end: the built package in a real browser, against the mock server in this process.
//!
//! A [`Stage`] is one test's world: a mock server on an address of its own that also serves a page with the package,
//! and a browser that has never heard of that address. The page does what the test tells it, in JavaScript; what is
//! asserted is what the *server* saw. Nothing sleeps: a test waits for a condition, or moves a clock.
//! What neither a page nor WebDriver can bring about is done by the server's faults, by a [`Relay`] between browser
//! and server, by Chromium's debugger, or by a script that takes something away before the client is made.
//!
//! Which browser is chosen by `EVERTOKEN_BROWSER` (`chrome` or `firefox`), and its driver by `CHROMEDRIVER` or
//! `GECKODRIVER`; `cargo xtask test e2e` sets all of them, and builds the package first.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test that fails says so by panicking"
)]

mod access;
mod browser;
mod debugger;
mod driver;
mod pool;
mod relay;
mod stage;
mod trap;

pub use access::{Axe, DESK, PHONE, Size, TABLET, has_no_barrier, is_dark};
pub use browser::{Browser, Tab, Thrown};
pub use driver::Kind;
pub use relay::{Answer, Held, Passed, Relay};
pub use stage::{ADMIN, Stage, USER, eventually, own_address, package};
pub use trap::{Seen, Trap};
