//! Nothing grows: ten thousand requests and two hundred refreshes leave a page as they found it.

use evertoken_tests::{Kind, Stage, USER};
use serde_json::{Value, json};

/// What the JavaScript heap may differ by: 50 bytes a request would be found.
const NOISE: f64 = 400_000.0;

/// What is alive in the page, once its garbage is collected. Chromium also tells how large the JavaScript heap is.
async fn alive(stage: &Stage) -> (Value, f64) {
    stage.browser.collect_garbage().await;
    let count = "return await (await import('/watch.js')).count()";
    let alive = stage.browser.run_as_page(count).await;
    let heap = match stage.browser.kind() {
        Kind::Chrome => {
            let usage = stage.browser.debugger("Runtime.getHeapUsage", json!({}));
            usage.await["usedSize"].as_f64().unwrap()
        }
        Kind::Firefox => 0.0,
    };
    (alive, heap)
}

fn assert_same(start: &(Value, f64), end: &(Value, f64)) {
    assert_eq!(end.0, start.0);
    let grown = end.1 - start.1;
    assert!(grown < NOISE, "the heap has grown by {grown} bytes");
}

fn assert_released(before: &(Value, f64), end: &(Value, f64)) {
    for what in ["timers", "listeners", "channels", "locks"] {
        assert_eq!(end.0[what], before.0[what], "{what}");
    }
}

/// So many calls and refreshes, a few calls at a time, as a page has them.
async fn use_it(stage: &Stage, calls: usize, refreshes: usize) {
    let batch = "
        const { watch } = await import('/watch.js');
        const statuses = [];
        for (let n = 0; n < 25; n++) {
          const responses = await Promise.all(Array.from({ length: 10 }, () => auth.fetch('/auth/me')));
          for (const response of responses) statuses.push(response.status, (await response.json()).email);
          watch(responses[0]);
        }
        return [...new Set(statuses)]";
    let batches = calls / 250;
    for _ in 0..batches {
        assert_eq!(stage.browser.run_as_page(batch).await, json!([200, USER]));
        let each = refreshes / batches;
        let refresh = format!("for (let n = 0; n < {each}; n++) await auth.refresh()");
        stage.browser.run_as_page(&refresh).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s28_ten_thousand_requests_and_two_hundred_refreshes_leave_nothing_behind() {
    let stage = Stage::new().await;
    let before = alive(&stage).await;
    let create = "window.auth = evertoken.createAuthClient(); await auth.ready";
    stage.browser.run_as_page(create).await;
    stage.login(USER).await;
    use_it(&stage, 500, 10).await;
    let start = alive(&stage).await;
    let expected = json!({"timers": 1, "channels": 1, "locks": 0, "watched": 0,
        "listeners": start.0["listeners"], "memory": start.0["memory"]});
    assert_eq!(start.0, expected, "its one timer, its one channel");
    assert!(start.0["listeners"].as_u64() > before.0["listeners"].as_u64());
    assert!(start.0["memory"].as_u64().unwrap() > 0);

    use_it(&stage, 10_000, 200).await;
    assert_same(&start, &alive(&stage).await);
    let counters = stage.mock.counters();
    assert_eq!(
        (counters.resource.ok, counters.rotations, counters.reuse),
        (10_500, 210, 0)
    );

    // Those who wait or give up leave nothing either.
    for _ in 0..10 {
        stage.mock.root().expire_access(None);
        let waiting = "
            const giveUp = new AbortController();
            const patient = Array.from({ length: 20 }, () => auth.fetch('/auth/me').then((r) => r.status));
            const { signal } = giveUp;
            const others = Array.from({ length: 20 }, () => auth.getAccessToken({ signal }).catch((e) => e));
            const refreshes = Array.from({ length: 20 }, () => auth.refresh({ signal }).catch((e) => e));
            giveUp.abort('enough');
            await Promise.all([...others, ...refreshes]);
            return [...new Set(await Promise.all(patient))]";
        assert_eq!(stage.browser.run_as_page(waiting).await, json!([200]));
    }
    assert_same(&start, &alive(&stage).await);

    stage.browser.run_as_page("auth.dispose()").await;
    assert_released(&before, &alive(&stage).await);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_clients_that_were_disposed_of_leave_nothing_behind() {
    let stage = Stage::new().await;
    let before = alive(&stage).await;
    let create = "window.auth = evertoken.createAuthClient(); await auth.ready";
    stage.browser.run_as_page(create).await;
    stage.login(USER).await;
    let hundred = "
        for (let n = 0; n < 100; n++) {
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
    // As much memory as a hundred clients take that nobody has collected yet.
    stage.browser.run_as_page(hundred).await;
    let start = alive(&stage).await;
    for _ in 0..3 {
        stage.browser.run_as_page(hundred).await;
        assert_same(&start, &alive(&stage).await);
    }
    stage.browser.run_as_page("auth.dispose()").await;
    assert_released(&before, &alive(&stage).await);
    assert_eq!(stage.mock.counters().reuse, 0);
    stage.end().await;
}
