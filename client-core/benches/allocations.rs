//! How often the session machine asks for memory, in a program of its own: what counts is also what slows down.
//!
//! A line for each benchmark of `time.rs`: its name, how many allocations, of how many bytes together.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::print_stdout,
    reason = "a benchmark is nobody's library; the figures are its output"
)]

mod life;

use std::hint::black_box;

use allocation_counter::{AllocationInfo, measure};

use life::WAITERS;

fn main() {
    let (mut session, now) = life::signed_in();
    tell(
        "authorize",
        measure(|| {
            black_box(session.authorize(now, None));
        }),
    );
    let (mut session, now) = life::expired();
    tell(
        "refresh",
        measure(|| {
            black_box(life::refresh(&mut session, now, WAITERS));
        }),
    );
}

fn tell(name: &str, info: AllocationInfo) {
    println!("{name} {} {}", info.count_total, info.bytes_total);
}
