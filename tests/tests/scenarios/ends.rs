//! Sign-outs and sign-ins that meet a refresh.

use evertoken_mock::Do;
use evertoken_tests::{ADMIN, Stage, USER};
use serde_json::{Value, json};

use crate::{CALL, fault};

#[tokio::test(flavor = "multi_thread")]
async fn s06_logout_during_a_refresh_stays_signed_out_whatever_arrives_later() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage
        .mock
        .faults()
        .add(fault("/auth/refresh", Do::Delay(700)));
    let told = stage
        .browser
        .run(
            "const refresh = auth.refresh().then(() => 'refreshed', (e) => e.code);
             const logout = auth.logout();
             const flipped = auth.session.status;
             await logout;
             return [flipped, await refresh, auth.session.status, auth.session.reason]",
        )
        .await;
    assert_eq!(
        told,
        json!(["signing-out", "login_required", "signed-out", "logout"])
    );
    assert_eq!(stage.who_after_reload().await, Value::Null);
    let counters = stage.mock.counters();
    assert_eq!((counters.logout, counters.reuse), (1, 0));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s07_signing_in_as_b_while_a_refresh_of_a_is_in_flight_is_never_a_again() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage
        .mock
        .faults()
        .add(fault("/auth/refresh", Do::Delay(700)));
    stage
        .browser
        .run("window.refresh = auth.refresh(); refresh.catch(() => {})")
        .await;
    stage.login(ADMIN).await;
    stage.browser.run("await refresh").await;
    let me = "return (await (await auth.fetch('/auth/me')).json())";
    let answer = stage.browser.run(me).await.to_string();
    assert!(answer.contains(ADMIN), "{answer}");
    assert_eq!(stage.who_after_reload().await, json!(ADMIN));
    assert_eq!(stage.mock.counters().reuse, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s07_a_refresh_of_a_that_hangs_is_given_up_after_two_seconds_and_b_signs_in() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage.mock.faults().add(fault("/auth/refresh", Do::Hang));
    stage
        .browser
        .run("window.refresh = auth.refresh(); refresh.catch(() => {})")
        .await;
    stage.login(ADMIN).await;
    assert_eq!(stage.who_after_reload().await, json!(ADMIN));
    assert_eq!(stage.mock.counters().reuse, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s08_a_refresh_that_answers_within_its_bound_after_a_login_was_asked_for_leaves_the_newer_cookie()
 {
    let stage = Stage::relayed().await;
    // Its bound of two seconds does not come to an end here, however slow this machine is.
    let patient = "const { setTimeout } = window;
        window.setTimeout = (call, ms) => ms > 1_000 ? 0 : setTimeout(call, ms)";
    stage.browser.run(patient).await;
    stage.signed_in(USER).await;
    let mut refresh = stage.relay().hold_answer("/auth/refresh");
    stage
        .browser
        .run("window.refreshing = auth.refresh().catch(() => {})")
        .await;
    refresh.here().await;
    let login = json!({"email": ADMIN, "password": "password"});
    let asked =
        "window.signing = auth.login(args).then((user) => user.email); return auth.session.status";
    assert_eq!(stage.browser.run_with(asked, login).await, "signing-in");
    stage.elapse().await;
    assert_eq!(
        stage.requests_to("/auth/login"),
        1,
        "the first; this one waits"
    );
    refresh.release();
    assert_eq!(stage.browser.run("return await signing").await, ADMIN);
    assert_eq!(stage.who_after_reload().await, json!(ADMIN));
    let counters = stage.mock.counters();
    assert_eq!((counters.login.ok, counters.reuse), (2, 0));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s33_a_wrong_password_while_signed_in_leaves_the_present_session() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    let thrown = stage
        .browser
        .fails("await auth.login({ email: 'user@example.com', password: 'wrong' })")
        .await;
    assert_eq!(thrown.code.as_deref(), Some("invalid_credentials"));
    assert_eq!(stage.session().await["user"]["email"], USER);
    assert_eq!(stage.browser.run_with(CALL, json!(1)).await, json!([200]));
    let counters = stage.mock.counters();
    assert_eq!(
        (counters.login.denied, counters.refresh.ok, counters.logout),
        (1, 0, 0)
    );
    assert_eq!(stage.who_after_reload().await, json!(USER));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s33_a_login_whose_answer_was_lost_is_found_out_by_restoring() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    // The headers land, and with them the cookie; the body breaks off.
    stage
        .mock
        .faults()
        .add(fault("/auth/login", Do::Truncate).after());
    let login = format!("await auth.login({{ email: '{ADMIN}', password: 'password' }})");
    assert_eq!(
        stage.browser.fails(&login).await.code.as_deref(),
        Some("network")
    );
    assert_eq!(stage.browser.run_with(CALL, json!(1)).await, json!([200]));
    assert_eq!(stage.session().await["user"]["email"], ADMIN);
    let counters = stage.mock.counters();
    assert_eq!(
        (counters.login.ok, counters.refresh.ok, counters.reuse),
        (2, 1, 0)
    );
    stage.end().await;
}
