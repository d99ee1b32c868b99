//! Workers: no document, no localStorage, and in a service worker no page at all.

use evertoken_tests::{Stage, USER};
use serde_json::{Value, json};

/// Sends `args` to `worker` and brings what came of it.
const ASK: &str = "
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve, reject) => {
      port1.onmessage = ({ data }) => 'thrown' in data ? reject(new Error(data.thrown)) : resolve(data.value);
    });
    worker.postMessage(args, [port2]);
    return await answer";

const DEDICATED: &str = "
    window.worker = new Worker('/worker.js', { type: 'module' });
    worker.onerror = (event) => { window.broken = event.message };";

const SERVICE: &str = "
    await navigator.serviceWorker.register('/worker.js', { type: 'module' });
    window.worker = (await navigator.serviceWorker.ready).active;
    while (worker.state !== 'activated')
      await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }));";

/// Everything a client does, where there is nothing but a worker. It is one script, since a service worker that has
/// nothing to do may be stopped and started anew.
const MAIN_JOB: &str = "
    const told = [typeof document, typeof localStorage];
    const auth = evertoken.createAuthClient();
    await auth.ready;
    told.push(auth.session.status);
    const user = await auth.login({ email: args, password: 'password' });
    told.push(user.email, (await auth.fetch('/auth/me')).status);
    await auth.refresh();
    const calls = Array.from({ length: 20 }, () => auth.fetch('/auth/me'));
    told.push((await Promise.all(calls)).every((response) => response.status === 200));
    await auth.logout();
    told.push(auth.session.status, await auth.fetch('/auth/me').catch((error) => error.code));
    auth.dispose();
    return told";

async fn ask(stage: &Stage, body: &str, args: Value) -> Value {
    stage.browser.run_with(ASK, json!([body, args])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_in_a_dedicated_worker_and_in_a_service_worker() {
    for worker in [DEDICATED, SERVICE] {
        let stage = Stage::new().await;
        stage.browser.run(worker).await;
        assert_eq!(
            ask(&stage, MAIN_JOB, json!(USER)).await,
            json!([
                "undefined",
                "undefined",
                "signed-out",
                USER,
                200,
                true,
                "signed-out",
                "login_required"
            ])
        );
        let counters = stage.mock.counters();
        assert_eq!(
            (
                counters.login.ok,
                counters.rotations,
                counters.resource.ok,
                counters.logout,
                counters.reuse
            ),
            (1, 1, 21, 1, 0)
        );
        // Without a document it does not look for a session by itself.
        assert_eq!(stage.requests_to("/auth/refresh"), 1);
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_and_its_page_are_one_client() {
    let stage = Stage::new().await;
    stage.signed_in(USER).await;
    stage.browser.run(DEDICATED).await;
    let joined = "
        globalThis.auth = evertoken.createAuthClient({ restore: 'always' });
        await auth.ready;
        return [auth.session.status, auth.session.user?.email]";
    assert_eq!(
        ask(&stage, joined, Value::Null).await,
        json!(["signed-in", USER])
    );
    assert_eq!(stage.requests_to("/auth/refresh"), 1, "the page's first");

    let before = stage.mock.counters().rotations;
    // They expire together.
    stage.mock.root().expire_access(None);
    let call = "return Promise.all(Array.from({ length: 10 }, () => auth.fetch('/auth/me').then((r) => r.status)))";
    stage
        .browser
        .run(&format!("window.calls = (async () => {{ {call} }})()"))
        .await;
    let ten = json!([200, 200, 200, 200, 200, 200, 200, 200, 200, 200]);
    assert_eq!(ask(&stage, call, Value::Null).await, ten);
    assert_eq!(stage.browser.run("return await calls").await, ten);
    assert_eq!(stage.mock.counters().rotations - before, 1);

    stage.browser.run("await auth.logout()").await;
    let told = "
        const deadline = Date.now() + 60_000;
        while (auth.session.status !== 'signed-out' && Date.now() < deadline)
          await new Promise((resolve) => setTimeout(resolve, 5));
        return [auth.session.status, auth.session.reason]";
    assert_eq!(
        ask(&stage, told, Value::Null).await,
        json!(["signed-out", "logout"])
    );
    let counters = stage.mock.counters();
    assert_eq!((counters.logout, counters.reuse), (1, 0));
    stage.end().await;
}
