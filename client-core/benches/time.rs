//! How long the session machine takes. `cargo xtask bench core` runs this and `allocations.rs`.

#![allow(
    missing_docs,
    unreachable_pub,
    reason = "a benchmark is nobody's library"
)]

mod life;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

use life::WAITERS;

fn authorize(criterion: &mut Criterion) {
    let (mut session, now) = life::signed_in();
    criterion.bench_function("authorize", |bencher| {
        bencher.iter(|| black_box(&mut session).authorize(black_box(now), None));
    });
}

fn refresh(criterion: &mut Criterion) {
    criterion.bench_function("refresh", |bencher| {
        bencher.iter_batched_ref(
            life::expired,
            |(session, now)| life::refresh(session, *now, WAITERS),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(time, authorize, refresh);
criterion_main!(time);
