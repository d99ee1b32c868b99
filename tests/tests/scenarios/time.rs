//! Lifetimes that are short, computers that slept, clocks that are wrong.

use std::time::{Duration, Instant};

use evertoken_tests::{Stage, USER, eventually};
use serde_json::json;

use crate::{CALL, LIFETIME, all};

const HOUR: i64 = 3_600_000;

#[tokio::test(flavor = "multi_thread")]
async fn s18_a_lifetime_shorter_than_the_buffer_does_not_spin() {
    for lifetime in [10, 1] {
        let lifetime = Duration::from_secs(lifetime);
        let stage = Stage::with(|options| options.access_ttl = lifetime).await;
        let began = Instant::now();
        stage.signed_in(USER).await;
        let renewed = eventually(async || stage.mock.counters().rotations >= 2).await;
        assert!(renewed, "{lifetime:?}: it is renewed by itself");
        // The buffer is capped at half the lifetime; a little less for the jitter.
        let least = lifetime.mul_f64(0.4);
        let rotations = u128::from(stage.mock.counters().rotations);
        let most = 1 + began.elapsed().as_millis() / least.as_millis();
        assert!(
            rotations <= most,
            "{lifetime:?}: {rotations} of at most {most}"
        );
        assert_eq!(stage.session().await["status"], "signed-in");
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_a_lifetime_of_zero_seconds_is_renewed_for_those_who_call_and_by_no_timer() {
    let stage = Stage::with(|options| options.access_ttl = Duration::ZERO).await;
    stage.signed_in(USER).await;
    // The server itself refuses such a token at once: each call meets a 401, renews, and meets another.
    for _ in 0..5 {
        assert_eq!(stage.browser.run_with(CALL, json!(1)).await, json!([401]));
    }
    let rotations = stage.mock.counters().rotations;
    assert!((5..=10).contains(&rotations), "{rotations}");
    stage.elapse().await;
    assert_eq!(stage.mock.counters().rotations, rotations);
    assert_eq!(stage.session().await["status"], "signed-in");
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s20_after_a_sleep_past_the_expiry_the_first_request_refreshes_first_and_once() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage.sleep(10 * LIFETIME).await;
    stage.mock.clock().advance(10 * LIFETIME);
    all(
        &stage.browser.run_with(CALL, json!(20)).await,
        &json!(200),
        20,
    );
    let counters = stage.mock.counters();
    assert_eq!(
        (
            counters.rotations,
            counters.resource.unauthorized,
            counters.resource.ok
        ),
        (1, 0, 20)
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_a_clock_that_is_an_hour_wrong_costs_one_refresh_per_lifetime() {
    for wrong in [HOUR, -HOUR] {
        let stage = Stage::new().await;
        stage.shift_clock(wrong).await;
        stage.signed_in(USER).await;
        for lifetimes in 0..3 {
            all(
                &stage.browser.run_with(CALL, json!(5)).await,
                &json!(200),
                5,
            );
            let counters = stage.mock.counters();
            assert_eq!(
                (counters.rotations, counters.resource.unauthorized),
                (lifetimes, 0),
                "{wrong}"
            );
            stage.sleep(LIFETIME).await;
            stage.mock.clock().advance(LIFETIME);
        }
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_a_clock_that_jumps_forward_costs_at_most_one_refresh_and_backward_none() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    for (jump, most) in [(-HOUR, 0), (HOUR, 1), (-HOUR, 1), (HOUR, 2)] {
        stage.shift_clock(jump).await;
        all(
            &stage.browser.run_with(CALL, json!(5)).await,
            &json!(200),
            5,
        );
        stage.elapse().await;
        let counters = stage.mock.counters();
        assert!(
            counters.rotations <= most,
            "{} after {jump}",
            counters.rotations
        );
        assert_eq!(counters.resource.unauthorized, 0);
    }
    stage.end().await;
}
