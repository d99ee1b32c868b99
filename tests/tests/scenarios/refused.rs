//! Requests that are answered with a 401.

use evertoken_mock::{Do, Rule};
use evertoken_tests::{Stage, USER};
use serde_json::json;

use crate::{CALL, all, fault, status};

#[tokio::test(flavor = "multi_thread")]
async fn s01_twenty_parallel_requests_meet_a_401_one_refresh_twenty_retries_twenty_answers() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage.mock.root().expire_access(None);
    all(
        &stage.browser.run_with(CALL, json!(20)).await,
        &json!(200),
        20,
    );
    let counters = stage.mock.counters();
    assert_eq!(
        (counters.refresh.ok, counters.rotations, counters.reuse),
        (1, 1, 0)
    );
    assert_eq!(
        (counters.resource.unauthorized, counters.resource.ok),
        (20, 20)
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s02_a_late_401_for_the_previous_token_is_retried_with_the_present_one_and_no_second_refresh()
 {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage.mock.root().expire_access(None);
    stage.mock.faults().add(fault("/auth/me", Do::Delay(1_500)));
    let statuses = stage
        .browser
        .run(
            "const late = auth.fetch('/auth/me?late').then((r) => r.status);
             const early = await auth.fetch('/auth/me').then((r) => r.status);
             return [early, await late]",
        )
        .await;
    assert_eq!(statuses, json!([200, 200]));
    let counters = stage.mock.counters();
    assert_eq!(
        (
            counters.refresh.ok,
            counters.resource.unauthorized,
            counters.resource.ok
        ),
        (1, 2, 2)
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s05_the_new_token_is_refused_too_one_retry_then_the_401_is_returned() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage.mock.faults().add(Rule::new("/auth/me", status(401)));
    assert_eq!(stage.browser.run_with(CALL, json!(1)).await, json!([401]));
    assert_eq!(
        (
            stage.requests_to("/auth/me"),
            stage.mock.counters().rotations
        ),
        (2, 1)
    );
    stage.end().await;
}
