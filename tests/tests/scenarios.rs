//! The situations that must come out right, in a real browser, by their numbers. What is asserted is what the
//! server counted.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

use std::time::Duration;

use evertoken_mock::{Do, Rule};
use evertoken_tests::{ADMIN, Stage, Trap, USER, eventually};
use serde_json::{Value, json};

/// Longer than the mock's access tokens live.
const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Calls `/auth/me` so often at once and returns each status, or the code of what was thrown.
const CALL: &str = "return Promise.all(Array.from({ length: args }, () =>
    auth.fetch('/auth/me').then((r) => r.status, (e) => e.code ?? e.name)))";

fn all(value: &Value, expected: &Value, n: usize) {
    let ended = value.as_array().unwrap();
    assert_eq!(ended.len(), n);
    assert!(ended.iter().all(|one| one == expected), "{ended:?}");
}

fn fault(path: &str, what: Do) -> Rule {
    Rule::new(path, what).count(1)
}

fn status(status: u16) -> Do {
    Do::Status {
        status,
        retry_after: None,
    }
}

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
    stage.client("{ requestTimeout: 500 }").await;
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
async fn s25_the_token_goes_to_no_other_origin() {
    let stage = Stage::new().await;
    let trap = Trap::start().await;
    stage.signed_in(USER).await;
    let own = stage.mock.url();
    let urls = json!([
        trap.url("127.0.0.1"),
        trap.url("localhost"),
        trap.url("127.0.0.1.evil.test"),
        format!("//127.0.0.1:{}", trap.port()),
    ]);
    let fetched =
        "return Promise.all(args.map((url) => auth.fetch(url + '/steal').then((r) => r.status)))";
    all(&stage.browser.run_with(fetched, urls).await, &json!(200), 4);
    // The browser itself refuses what names a user, and finds nobody under the other scheme.
    for url in [
        own.replace("http://", &format!("{}@", trap.url("127.0.0.1"))),
        own.replace("http:", "https:"),
    ] {
        let script = format!("await auth.fetch({:?})", format!("{url}/steal"));
        assert_eq!(
            stage.browser.fails(&script).await.name,
            "TypeError",
            "{url}"
        );
    }
    let seen = trap.seen();
    assert_eq!(seen.len(), 4);
    assert!(
        seen.iter().all(|seen| seen.authorization.is_none()),
        "{seen:?}"
    );
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_a_redirect_to_another_origin_loses_the_token() {
    let stage = Stage::new().await;
    let (allowed, other) = (Trap::start().await, Trap::start().await);
    let origin = allowed.url("127.0.0.1");
    stage
        .client(&format!(
            "{{ allowedOrigins: [location.origin, {origin:?}] }}"
        ))
        .await;
    stage.login(USER).await;
    let url = format!("{origin}/redirect-to?{}/landed", other.url("127.0.0.1"));
    let status = stage
        .browser
        .run_with("return (await auth.fetch(args)).status", json!(url))
        .await;
    assert_eq!(status, 200);
    assert!(allowed.seen()[0].authorization.is_some());
    assert_eq!(other.seen()[0].authorization, None);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_a_request_with_a_post_body_is_replayed_with_method_headers_and_body_whole() {
    let stage = Stage::new().await;
    let resource = Trap::start().await;
    let origin = resource.url("127.0.0.1");
    stage
        .client(&format!(
            "{{ allowedOrigins: [location.origin, {origin:?}] }}"
        ))
        .await;
    stage.login(USER).await;
    let post =
        "const request = new Request(args + '/once-401', { method: 'POST', body: 'the whole body',
                headers: { 'X-Marker': 'm', 'Content-Type': 'text/plain' } });
                return (await auth.fetch(request)).status";
    assert_eq!(stage.browser.run_with(post, json!(origin)).await, 200);
    let seen = resource.seen();
    let [first, second] = seen.as_slice() else {
        panic!("two requests, not {seen:?}")
    };
    for request in [first, second] {
        assert_eq!(
            (request.method.as_str(), request.body.as_str()),
            ("POST", "the whole body")
        );
        assert_eq!(request.marker.as_deref(), Some("m"));
    }
    assert_ne!(first.authorization, second.authorization);
    assert_eq!(stage.mock.counters().rotations, 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s26_an_abort_signal_on_one_of_twenty_waiting_calls_rejects_that_one_and_serves_nineteen() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage.sleep(LIFETIME).await;
    stage
        .mock
        .faults()
        .add(fault("/auth/refresh", Do::Delay(700)));
    let ended = stage
        .browser
        .run(
            "const controller = new AbortController();
             const calls = Array.from({ length: 20 }, (_, n) =>
               auth.fetch('/auth/me', n === 7 ? { signal: controller.signal } : {})
                 .then((r) => r.status, (reason) => reason));
             controller.abort('enough');
             const first = await Promise.race(calls);
             const refreshing = !events.some((event) => event.type === 'refreshed');
             return [first, refreshing, await Promise.all(calls)]",
        )
        .await;
    assert_eq!((&ended[0], &ended[1]), (&json!("enough"), &json!(true)));
    let statuses = ended[2].as_array().unwrap();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 19);
    let counters = stage.mock.counters();
    assert_eq!((counters.refresh.ok, counters.resource.ok), (1, 19));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_the_server_rotated_and_the_answer_was_lost_the_session_goes_on_and_nothing_is_revoked()
{
    // Of a truncated answer the headers arrive: the cookie is the successor's, the key its predecessor's.
    for (lost, rotations) in [(status(502), 1), (Do::Truncate, 2), (Do::Garbage, 1)] {
        let stage = Stage::new().await;
        stage.signed_in(USER).await;
        stage.sleep(LIFETIME).await;
        stage
            .mock
            .faults()
            .add(fault("/auth/refresh", lost.clone()).after());
        let told = stage.browser.run_with(CALL, json!(1)).await;
        assert_ne!(told, json!([200]), "{lost:?}");
        assert_eq!(
            stage.browser.run_with(CALL, json!(1)).await,
            json!([200]),
            "{lost:?}"
        );
        let counters = stage.mock.counters();
        assert_eq!(
            (counters.rotations, counters.reuse),
            (rotations, 0),
            "{lost:?}"
        );
        assert_eq!(stage.who_after_reload().await, json!(USER), "{lost:?}");
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s11_ten_reloads_in_the_middle_of_refreshes_leave_the_session_alive() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    for _ in 0..10 {
        stage
            .mock
            .faults()
            .set([Rule::new("/auth/refresh", Do::Delay(150))]);
        stage.browser.run("auth.refresh().catch(() => {})").await;
        stage.browser.reload().await;
        stage.mock.faults().clear();
        stage.client("{}").await;
        assert_eq!(stage.session().await["status"], "signed-in");
    }
    assert_eq!(stage.mock.counters().reuse, 0);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s39_a_connection_that_dies_before_the_answer_costs_nothing_even_if_the_browser_sends_it_again()
 {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage.sleep(LIFETIME).await;
    stage
        .mock
        .faults()
        .add(fault("/auth/refresh", Do::Reset).after());
    // Chromium repeats it by itself on a reused connection; another browser says `network`, and the next call does.
    stage.browser.run_with(CALL, json!(1)).await;
    assert_eq!(stage.browser.run_with(CALL, json!(1)).await, json!([200]));
    let counters = stage.mock.counters();
    assert_eq!(
        (
            counters.rotations,
            counters.refresh.replayed,
            counters.reuse
        ),
        (1, 1, 0)
    );
    assert_eq!(stage.who_after_reload().await, json!(USER));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_a_token_is_kept_where_script_can_read_it() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage.browser.run("await auth.refresh()").await;
    let kept = stage
        .browser
        .run(
            "return JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage),
               document.cookie, location.href, (await indexedDB.databases?.()) ?? []])",
        )
        .await;
    let kept = kept.as_str().unwrap();
    assert!(
        kept.contains("evertoken:"),
        "the newest key is kept: {kept}"
    );
    assert!(!kept.contains("eyJ"), "{kept}");
    let token = stage
        .browser
        .run("return await auth.getAccessToken()")
        .await;
    assert!(!kept.contains(token.as_str().unwrap()));
    stage.end().await;
}
