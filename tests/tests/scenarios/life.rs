//! A session's life, without anything going wrong.

use evertoken_tests::{Stage, USER, eventually};
use std::time::Duration;

use serde_json::{Value, json};

use crate::CALL;

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_sign_in_stay_signed_in_through_a_reload_sign_out() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    assert_eq!(stage.browser.run_with(CALL, json!(1)).await, json!([200]));
    assert_eq!(stage.who_after_reload().await, json!(USER));
    let counters = stage.mock.counters();
    // One look at the first start, which found nothing, and one that restored.
    assert_eq!(
        (
            counters.login.ok,
            counters.refresh.denied,
            counters.refresh.ok
        ),
        (1, 1, 1)
    );

    stage.browser.run("await auth.logout()").await;
    assert_eq!(
        stage.session().await,
        json!({"status": "signed-out", "reason": "logout"})
    );
    assert_eq!(
        stage
            .browser
            .fails("await auth.fetch('/auth/me')")
            .await
            .code
            .unwrap(),
        "login_required"
    );
    assert_eq!(stage.who_after_reload().await, Value::Null);
    let counters = stage.mock.counters();
    assert_eq!(
        (counters.logout, counters.reuse, counters.refresh.ok),
        (1, 0, 1)
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_before_it_expires_and_no_request_sees_a_401() {
    let stage = Stage::with(|options| options.access_ttl = Duration::from_secs(8)).await;
    stage.signed_in(USER).await;
    // The timer is a real one: the buffer of half the lifetime leaves four seconds.
    assert!(eventually(async || stage.mock.counters().rotations >= 1).await);
    assert_eq!(
        stage.browser.run_with(CALL, json!(5)).await,
        json!([200, 200, 200, 200, 200])
    );
    let counters = stage.mock.counters();
    assert_eq!(
        (counters.resource.ok, counters.resource.unauthorized),
        (5, 0)
    );
    stage.end().await;
}
