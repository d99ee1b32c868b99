//! What goes out to the auth endpoints and what is made of their answers, in a real browser against a scripted
//! transport.

#![cfg(all(target_arch = "wasm32", feature = "js"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say so by panicking"
)]

mod support;

use std::time::Duration;

use evertoken::{AuthClient, Code, Error, Options, Restore, Scope, View};
use support::{Backend, Client, client, client_with, code, credentials, me, sleep};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
async fn what_ends_or_renews_the_session_goes_on_when_the_page_is_left_and_a_login_does_not() {
    let backend = Backend::new();
    let auth = client(&backend);
    auth.login(credentials()).await.unwrap();
    auth.refresh().await.unwrap();
    auth.logout(Scope::Global).await.unwrap();
    for (path, lasts) in [
        ("/auth/login", "false"),
        ("/auth/refresh", "true"),
        ("/auth/logout", "true"),
    ] {
        assert_eq!(backend.saw(path, 0, "keepalive"), lasts, "{path}");
    }
}

#[wasm_bindgen_test]
async fn after_a_refresh_that_the_browser_may_have_refused_the_next_is_an_ordinary_request() {
    let backend = Backend::new();
    let auth = client(&backend);
    auth.login(credentials()).await.unwrap();
    backend.script("/auth/refresh", 1, 0, "");
    assert_eq!(code(auth.refresh().await), Code::Network);
    for _ in 0..2 {
        auth.refresh().await.unwrap();
    }
    for (n, lasts) in ["true", "false", "true"].into_iter().enumerate() {
        let nth = u32::try_from(n).unwrap();
        assert_eq!(backend.saw("/auth/refresh", nth, "keepalive"), lasts, "{n}");
    }
}

#[wasm_bindgen_test]
async fn a_refresh_that_never_answers_releases_everyone_at_the_bound() {
    let backend = Backend::new();
    let auth = client_with(&backend, |options| {
        options.request_timeout = Duration::from_millis(50)
    });
    auth.login(credentials()).await.unwrap();
    sleep(901_000.0);
    backend.hold("/auth/refresh");
    assert_eq!(code(auth.fetch(&me()).await), Code::Timeout);
    assert!(matches!(auth.session(), View::SignedIn { stale: true, .. }));
}

#[wasm_bindgen_test]
async fn the_newest_key_is_sent_kept_for_the_next_start_and_forgotten_at_the_logout() {
    let backend = Backend::new();
    backend.set_keys(true);
    let auth = client(&backend);
    auth.login(credentials()).await.unwrap();
    backend.script("/auth/refresh", 1, 0, "");
    assert_eq!(code(auth.refresh().await), Code::Network);
    auth.refresh().await.unwrap();
    for n in 0..2 {
        assert_eq!(backend.saw("/auth/refresh", n, "key"), "1.key");
    }
    let kept = support::stored();
    let record = kept.find(r#"["evertoken:https://api.test/auth/refresh","2 "#);
    let record = record.and_then(|at| kept[at..].split(']').next());
    assert!(
        record.is_some_and(|record| record.ends_with(r#" 2.key""#)),
        "{kept}"
    );

    // The page is loaded again.
    auth.dispose();
    let auth = client_with(&backend, |options| options.restore = Restore::Hint);
    auth.ready().await;
    assert_eq!(backend.saw("/auth/refresh", 2, "key"), "2.key");
    assert!(matches!(auth.session(), View::SignedIn { .. }));
    auth.logout(Scope::Global).await.unwrap();
    assert!(
        !support::stored().contains("key"),
        "what is over is forgotten"
    );

    let auth = client_with(&backend, |options| options.restore = Restore::Hint);
    auth.ready().await;
    assert_eq!(
        backend.count("/auth/refresh"),
        3,
        "nothing is remembered, nothing is asked"
    );
}

#[wasm_bindgen_test]
async fn another_origin_gets_no_key_that_it_did_not_hand_out() {
    let backend = Backend::new();
    let auth = client(&backend);
    auth.login(credentials()).await.unwrap();
    auth.refresh().await.unwrap();
    assert_eq!(backend.saw("/auth/refresh", 0, "key"), "null");
    auth.logout(Scope::Global).await.unwrap();
}

#[wasm_bindgen_test]
async fn an_answer_of_any_kind_neither_signs_out_nor_panics() {
    let backend = Backend::new();
    let auth = client(&backend);
    auth.login(credentials()).await.unwrap();
    sleep(901_000.0);
    let html = r#"{"content-type":"text/html"}"#;
    let json = r#"{"content-type":"application/json"}"#;
    for (status, body, headers) in [
        (200, "<html>sign in to the café's network</html>", html),
        (401, "<html>blocked</html>", html),
        (401, "<!doctype html><p>blocked", json),
        (200, "{\"accessToken\":", json),
        (200, "{}", json),
        (200, "null", json),
        (200, "[1]", json),
        (
            200,
            r#"{"accessToken":{"toString":1},"expiresIn":900}"#,
            json,
        ),
        (200, r#"{"accessToken":"t","expiresIn":-1}"#, json),
        (200, r#"{"accessToken":"t","expiresIn":1e999}"#, json),
        (200, r#"{"accessToken":"a\nb","expiresIn":900}"#, json),
        (403, "forbidden", r#"{"content-type":"text/plain"}"#),
        (500, "", json),
        (418, "{\"error\":{\"code\":7}}", json),
    ] {
        backend.script_headed("/auth/refresh", status, body, headers);
        let code = code(auth.refresh().await);
        assert!(
            matches!(code, Code::Server | Code::Misconfigured),
            "{status} {body}: {code:?}"
        );
        assert!(
            matches!(auth.session(), View::SignedIn { .. }),
            "{status} {body}"
        );
    }
    assert_eq!(auth.fetch(&me()).await.unwrap().status(), 200);
}

#[wasm_bindgen_test]
async fn a_transport_that_misbehaves_is_a_network_error() {
    for source in [
        support::throwing(),
        support::resolving_with_nothing(),
        support::without_text(),
    ] {
        let mut options = Options::new("https://api.test");
        options.restore = Restore::Never;
        options.fetch = Some(source);
        let auth = AuthClient::new(options).unwrap();
        assert_eq!(code(auth.refresh().await), Code::Network);
    }
}

#[wasm_bindgen_test]
async fn a_retry_after_reaches_the_caller_in_whole() {
    let backend = Backend::new();
    let auth = client(&backend);
    auth.login(credentials()).await.unwrap();
    backend.script_headed("/auth/refresh", 429, "", r#"{"retry-after":"7"}"#);
    let Err(Error::Auth(failure)) = auth.refresh().await else {
        panic!("a failure")
    };
    assert_eq!(failure.code, Code::RateLimited);
    assert_eq!(failure.retry_after, Some(Duration::from_secs(7).into()));
}

#[wasm_bindgen_test]
async fn a_refused_login_says_what_the_endpoint_said_and_leaves_no_session() {
    let client = Client::signed_out();
    client.backend.script(
        "/auth/login",
        1,
        422,
        r#"{"error":"mfa_required","fields":["otp"]}"#,
    );
    let failure = JsFuture::from(client.engine.login(&credentials()))
        .await
        .unwrap();
    let member = |name: &str| js_sys::Reflect::get(&failure, &name.into()).unwrap();
    assert_eq!(member("code").as_f64(), Some(3.0));
    let said: String = js_sys::JSON::stringify(&member("said")).unwrap().into();
    assert_eq!(said, r#"{"error":"mfa_required","fields":["otp"]}"#);
    assert_eq!(client.status(), 1.0);
}

#[wasm_bindgen_test]
async fn credentials_that_cannot_be_written_as_json_are_an_invalid_argument() {
    let backend = Backend::new();
    let auth = client(&backend);
    for wrong in [JsValue::UNDEFINED, support::circular()] {
        assert_eq!(code(auth.login(wrong).await), Code::InvalidArgument);
    }
    assert_eq!(backend.count("/auth/login"), 0);
}
