//! Callers that go away, throw, or call back.

use evertoken_mock::Do;
use evertoken_tests::{Stage, USER};
use serde_json::json;

use crate::{CALL, LIFETIME, all, fault};

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
async fn s23_a_listener_that_throws_or_calls_back_disturbs_nothing_and_is_reported() {
    let stage = Stage::new().await;
    stage.client("{}").await;
    stage
        .browser
        .run(
            "window.seen = []; window.called = []; window.uncaught = 0;
             addEventListener('error', () => { window.uncaught += 1 });
             auth.subscribe(() => { throw new Error('a listener of ours') });
             auth.subscribe((session) => {
               // Once: what it called changes the session again.
               if (session.status !== 'signed-in' || called.length > 0) return;
               called.push(auth.fetch('/auth/me').then((r) => r.status));
               called.push(auth.refresh().then(() => 'refreshed'));
               auth.subscribe(() => {});
             });
             auth.subscribe((session) => seen.push(session.status));",
        )
        .await;
    stage.login(USER).await;
    assert_eq!(
        stage.browser.run("return await Promise.all(called)").await,
        json!([200, "refreshed"])
    );
    stage.mock.root().expire_access(None);
    all(
        &stage.browser.run_with(CALL, json!(20)).await,
        &json!(200),
        20,
    );
    stage.browser.run("await auth.logout()").await;
    let told = stage
        .browser
        .run(
            "const failed = events.filter((event) => event.type === 'listener-failed');
             return [seen.at(0), seen.at(-1), window.uncaught === seen.length, failed.length === seen.length,
               failed.every(({ error }) => error.message === 'a listener of ours')]",
        )
        .await;
    assert_eq!(told, json!(["signing-in", "signed-out", true, true, true]));
    let counters = stage.mock.counters();
    assert_eq!((counters.reuse, counters.logout), (0, 1));
    stage.end().await;
}
