//! Nothing grows: ten thousand requests and two hundred refreshes leave a page as they found it.

use evertoken_tests::{Kind, Stage, USER};
use serde_json::{Value, json};

use crate::{CALL, all};

/// What the JavaScript heap may differ by: 50 bytes a request would be found.
const NOISE: f64 = 400_000.0;

const COUNT: &str = "return await (await import('/watch.js')).count()";

/// So many calls and refreshes, a few calls at a time, as a page has them.
async fn use_it(stage: &Stage, calls: usize, refreshes: usize) {
    let batch = "
        const statuses = [];
        for (let n = 0; n < 25; n++) {
          const responses = await Promise.all(Array.from({ length: 10 }, () => auth.fetch('/auth/me')));
          for (const response of responses) statuses.push(response.status, (await response.json()).email);
        }
        return [...new Set(statuses)]";
    let batches = calls / 250;
    for _ in 0..batches {
        assert_eq!(stage.browser.run(batch).await, json!([200, USER]));
        let refresh = "for (let n = 0; n < args; n++) await auth.refresh()";
        let each = refreshes / batches;
        stage.browser.run_with(refresh, json!(each)).await;
    }
}

/// The JavaScript heap after a collection, where a browser tells.
async fn heap(stage: &Stage) -> Option<f64> {
    match stage.browser.kind() {
        Kind::Chrome => {
            for _ in 0..3 {
                let collect = "HeapProfiler.collectGarbage";
                stage.browser.debugger(collect, json!({})).await;
            }
            let usage = stage.browser.debugger("Runtime.getHeapUsage", json!({}));
            usage.await["usedSize"].as_f64()
        }
        // It tells pages nothing of it.
        Kind::Firefox => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s28_ten_thousand_requests_and_two_hundred_refreshes_leave_nothing_behind() {
    let stage = Stage::new().await;
    let before: Value = stage.browser.run(COUNT).await;
    let create = "window.auth = evertoken.createAuthClient(); await auth.ready";
    stage.browser.run(create).await;
    stage.login(USER).await;
    use_it(&stage, 500, 10).await;
    let (start, start_heap) = (stage.browser.run(COUNT).await, heap(&stage).await);
    assert_eq!(start["timers"], 1, "the session's: {start}");
    assert_eq!(start["channels"], 1, "{start}");
    assert_eq!(start["locks"], 0, "{start}");
    assert!(start["listeners"].as_u64() > before["listeners"].as_u64());
    assert!(start["memory"].as_u64().unwrap() > 0);

    use_it(&stage, 10_000, 200).await;
    assert_eq!(stage.browser.run(COUNT).await, start);
    if let (Some(start), Some(end)) = (start_heap, heap(&stage).await) {
        assert!(end - start < NOISE, "from {start} to {end} bytes");
    }
    let counters = stage.mock.counters();
    assert_eq!(
        (counters.resource.ok, counters.rotations, counters.reuse),
        (10_500, 210, 0)
    );

    // Those who wait, give up or fail leave nothing either.
    for _ in 0..10 {
        stage.mock.root().expire_access(None);
        all(
            &stage.browser.run_with(CALL, json!(20)).await,
            &json!(200),
            20,
        );
        let aborted = "const signal = AbortSignal.abort('enough');
            const calls = Array.from({ length: 20 }, () => auth.fetch('/auth/me', { signal }).catch((e) => e));
            return new Set(await Promise.all(calls)).size";
        assert_eq!(stage.browser.run(aborted).await, 1);
    }
    assert_eq!(stage.browser.run(COUNT).await, start);

    let disposed = "auth.dispose();
        return await (await import('/watch.js')).count()";
    let end = stage.browser.run(disposed).await;
    for what in ["timers", "listeners", "channels", "locks"] {
        assert_eq!(end[what], before[what], "{what}");
    }
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_clients_that_were_disposed_of_leave_nothing_behind() {
    let stage = Stage::new().await;
    let before: Value = stage.browser.run(COUNT).await;
    stage.signed_in(USER).await;
    let one = "
        for (let n = 0; n < args; n++) {
          const other = evertoken.createAuthClient();
          const stop = other.subscribe(() => {});
          const calls = [other.fetch('/auth/me'), other.refresh(), other.ready].map((call) => call.catch(() => {}));
          // At each stage of its life: before it knows anything, while it renews, when all is done.
          if (n % 3 === 1) await calls[2];
          if (n % 3 === 2) await Promise.all(calls);
          stop();
          other.dispose();
          await Promise.all(calls);
        }";
    stage.browser.run_with(one, json!(10)).await;
    let (start, start_heap) = (stage.browser.run(COUNT).await, heap(&stage).await);
    stage.browser.run_with(one, json!(100)).await;
    let end = stage.browser.run(COUNT).await;
    for what in ["listeners", "channels", "locks", "memory"] {
        assert_eq!(end[what], start[what], "{what}");
    }
    if let (Some(start), Some(end)) = (start_heap, heap(&stage).await) {
        assert!(end - start < NOISE, "from {start} to {end} bytes");
    }
    stage.browser.run("auth.dispose()").await;
    let end = stage.browser.run(COUNT).await;
    for what in ["timers", "listeners", "channels", "locks"] {
        assert_eq!(end[what], before[what], "{what}");
    }
    stage.end().await;
}
