//! The contract once more with its sessions in Redis, and what only a shared store can show: two
//! processes that answer as one, and a Redis that goes away and comes back. Each test has a Redis of its
//! own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "a test may panic, and its helpers are nobody's interface"
)]

mod backing;
mod conflict;
mod outage;
mod process;
mod proxy;
mod race;
mod server;
mod shared;

#[path = "../contract/between.rs"]
mod between;
#[path = "../contract/code_exchange.rs"]
mod code_exchange;
#[path = "../contract/controls.rs"]
mod controls;
#[path = "../contract/endpoints.rs"]
mod endpoints;
#[path = "../contract/expire.rs"]
mod expire;
#[path = "../contract/faults.rs"]
mod faults;
#[path = "../contract/fixed_cookie.rs"]
mod fixed_cookie;
#[path = "../contract/forged.rs"]
mod forged;
#[path = "../contract/gateway.rs"]
mod gateway;
#[path = "../contract/hostile.rs"]
mod hostile;
#[path = "../contract/limits.rs"]
mod limits;
#[path = "../contract/login.rs"]
mod login;
#[path = "../contract/logout.rs"]
mod logout;
#[path = "../contract/oauth2.rs"]
mod oauth2;
#[path = "../contract/race.rs"]
mod race_in_one_process;
#[path = "../contract/redirect.rs"]
mod redirect;
#[path = "../contract/refresh.rs"]
mod refresh;
#[path = "../contract/replaced.rs"]
mod replaced;
#[path = "../contract/resource.rs"]
mod resource;
#[path = "../contract/rig.rs"]
mod rig;
#[path = "../contract/running.rs"]
mod running;
#[path = "../contract/tenants.rs"]
mod tenants;
#[path = "../contract/users.rs"]
mod users;
#[path = "../contract/wrong.rs"]
mod wrong;
