//! Networks and servers that fail: nobody is signed out by them.

use evertoken_mock::{Do, Options, Rule};
use evertoken_tests::{Answer, Stage, USER, eventually};
use std::time::Duration;

use serde_json::json;

use crate::{CALL, LIFETIME, all, fault, status};

#[tokio::test(flavor = "multi_thread")]
async fn s03_a_refresh_fails_everyone_who_waited_is_told_and_the_next_call_starts_a_new_one() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage.sleep(LIFETIME).await;
    stage.mock.faults().add(fault("/auth/refresh", status(503)));
    all(
        &stage.browser.run_with(CALL, json!(20)).await,
        &json!("server"),
        20,
    );
    assert_eq!(stage.mock.counters().resource.ok, 0);
    assert_eq!(stage.browser.run_with(CALL, json!(1)).await, json!([200]));
    let counters = stage.mock.counters();
    assert_eq!(
        (
            counters.refresh.ok,
            counters.rotations,
            counters.resource.ok
        ),
        (1, 1, 1)
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s17_a_network_error_while_the_token_is_still_good_leaves_the_token_in_use() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage
        .mock
        .faults()
        .add(Rule::new("/auth/refresh", Do::Reset));
    let thrown = stage.browser.fails("await auth.refresh()").await;
    assert_eq!(thrown.code.unwrap(), "network");
    all(
        &stage.browser.run_with(CALL, json!(3)).await,
        &json!(200),
        3,
    );
    let session = stage.session().await;
    assert_eq!(
        (&session["status"], &session["stale"]),
        (&json!("signed-in"), &json!(false))
    );
    assert_eq!(stage.mock.counters().resource.unauthorized, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_a_refresh_that_never_answers_releases_everyone_at_the_bound_and_the_session_stays() {
    let stage = Stage::new().await;
    stage.client("{ requestTimeout: 2_000 }").await;
    stage.login(USER).await;
    stage.sleep(LIFETIME).await;
    stage.mock.faults().add(fault("/auth/refresh", Do::Hang));
    all(
        &stage.browser.run_with(CALL, json!(20)).await,
        &json!("timeout"),
        20,
    );
    assert_eq!(stage.session().await["status"], "signed-in");
    assert_eq!(stage.mock.counters().resource.ok, 0);
    all(
        &stage.browser.run_with(CALL, json!(3)).await,
        &json!(200),
        3,
    );
    assert_eq!(stage.mock.counters().rotations, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s15_after_a_429_the_session_stays_retry_after_is_kept_to_and_callers_are_told_with_it() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage.sleep(LIFETIME).await;
    let limited = Do::Status {
        status: 429,
        retry_after: Some(600),
    };
    stage.mock.faults().add(fault("/auth/refresh", limited));
    let call = "return Promise.all(Array.from({ length: 3 }, () =>
        auth.fetch('/auth/me').then((r) => r.status, (e) => [e.code, Math.round(e.retryAfter / 60_000)])))";
    all(
        &stage.browser.run(call).await,
        &json!(["rate_limited", 10]),
        3,
    );
    all(
        &stage.browser.run(call).await,
        &json!(["rate_limited", 10]),
        3,
    );
    assert_eq!(stage.session().await["status"], "signed-in");
    // One at the start, one that was limited: the second round asked nobody.
    assert_eq!(stage.requests_to("/auth/refresh"), 2);

    // Later than the server asked for, with what is added so that not all come back at once.
    stage.sleep(Duration::from_secs(700)).await;
    all(&stage.browser.run(call).await, &json!(200), 3);
    let counters = stage.mock.counters();
    assert_eq!((counters.rotations, counters.resource.unauthorized), (1, 0));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s16_offline_at_wake_up_it_waits_for_online_without_a_sign_out_or_a_storm() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage
        .mock
        .faults()
        .set([Rule::new("/auth/refresh", Do::Reset)]);
    stage
        .browser
        .run("dispatchEvent(new Event('offline'))")
        .await;
    stage.sleep(LIFETIME * 2).await;
    all(
        &stage.browser.run_with(CALL, json!(20)).await,
        &json!("network"),
        20,
    );
    // Chromium sends it again by itself, on each of the six connections it may have kept; the client sends it once.
    let tried = stage.requests_to("/auth/refresh");
    assert!((2..=8).contains(&tried), "{tried}");
    assert_eq!(stage.session().await["status"], "signed-in");
    stage.elapse().await;
    assert_eq!(stage.requests_to("/auth/refresh"), tried);

    stage.mock.faults().clear();
    stage
        .browser
        .run("dispatchEvent(new Event('online'))")
        .await;
    assert!(eventually(async || stage.mock.counters().rotations == 1).await);
    all(
        &stage.browser.run_with(CALL, json!(20)).await,
        &json!(200),
        20,
    );
    let counters = stage.mock.counters();
    assert_eq!((counters.rotations, counters.resource.unauthorized), (1, 0));
    stage.end().await;
}

/// Puts `answer` in the place of the next refresh's, wants the call that needs it to fail with one of `codes`, and the
/// next one to be served.
async fn survives(stage: &Stage, answer: Answer, codes: &[&str]) {
    let rotations = stage.mock.counters().rotations;
    let said = format!("{answer:?}");
    stage.mock.root().expire_access(None);
    stage.relay().answer("/auth/refresh", answer);
    let told = stage.browser.run_with(CALL, json!(1)).await;
    let code = told[0].as_str().unwrap_or("served");
    assert!(codes.contains(&code), "{said}: {code}");
    assert_eq!(stage.session().await["status"], "signed-in", "{said}");
    // What time may mend is left alone for a moment; the next call after it asks again.
    stage.sleep(Duration::from_secs(90)).await;
    let next = stage.browser.run_with(CALL, json!(1)).await;
    assert_eq!(next, json!([200]), "{said}");
    let counters = stage.mock.counters();
    assert_eq!((counters.rotations, counters.reuse), (rotations + 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn s27_an_answer_that_cannot_be_right_is_never_a_sign_out() {
    let stage = Stage::relayed().await;
    stage.signed_in(USER).await;
    let answer = |lifetime: &str| {
        Answer::json(
            200,
            &format!(r#"{{"accessToken": "a.b.c", "expiresIn": {lifetime}}}"#),
        )
    };
    for (wrong, codes) in [
        (Answer::html(200), ["server", "misconfigured"]),
        (Answer::json(200, r#"{"accessTok"#), ["server", "server"]),
        (Answer::json(200, "{}"), ["misconfigured", "misconfigured"]),
        (Answer::json(200, "[]"), ["misconfigured", "misconfigured"]),
        (Answer::json(200, "null"), ["server", "misconfigured"]),
        (answer("-1"), ["misconfigured", "misconfigured"]),
        (answer("1e300"), ["misconfigured", "misconfigured"]),
    ] {
        survives(&stage, wrong, &codes).await;
    }
    assert_eq!(stage.who_after_reload().await, json!(USER));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s34_a_proxys_401_a_captive_portals_200_and_a_firewalls_403_in_place_of_the_answer_sign_nobody_out()
 {
    let stage = Stage::relayed().await;
    stage.signed_in(USER).await;
    // With Basic the browser would ask its user before it told anybody.
    let challenge = Answer {
        header: Some(("www-authenticate", "Portal realm=\"guests\"")),
        ..Answer::json(401, "")
    };
    for answer in [
        Answer::html(401),
        Answer::html(200),
        Answer::html(403),
        Answer::json(403, r#"{"error": "blocked"}"#),
        challenge,
    ] {
        survives(&stage, answer, &["server", "misconfigured"]).await;
    }
    assert_eq!(stage.who_after_reload().await, json!(USER));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s35_the_cookie_that_another_sites_backend_set_is_reported_as_dropped_and_not_as_a_logout()
{
    let two_names = |options: &mut Options| "127.0.0.1".clone_into(&mut options.host);
    let stage = Stage::with(two_names).await;
    let page = stage.page().replace("127.0.0.1", "localhost");
    stage.browser.visit(&page).await;
    let base = stage.mock.url();
    stage.client(&format!("{{ baseUrl: {base:?} }}")).await;
    stage.login(USER).await;
    assert_eq!(stage.browser.run_with(CALL, json!(1)).await, json!([200]));
    stage.mock.root().expire_access(None);
    let thrown = stage.browser.fails("await auth.fetch('/auth/me')").await;
    assert_eq!(thrown.code.as_deref(), Some("misconfigured"));
    assert!(thrown.message.contains("cookie"), "{thrown:?}");
    let hint = thrown.hint.unwrap();
    assert!(hint.contains("localhost and 127.0.0.1"), "{hint}");
    assert_eq!(thrown.cause, Some(401));
    assert_eq!(stage.session().await["status"], "signed-in");
    assert_eq!(stage.mock.counters().logout, 0);
    stage.end().await;
}
