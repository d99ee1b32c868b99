//! Where the client runs and what it leaves there: pages with a policy, workers, storage, memory.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking"
)]

mod leaks;
mod policy;
mod secrets;
mod workers;
