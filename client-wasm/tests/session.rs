//! The shell around the session: listeners that call back in, `dispose` at bad moments, answers of every
//! kind, and nothing that grows.

#![cfg(all(target_arch = "wasm32", feature = "js"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests say so by panicking"
)]

mod support;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use evertoken::{AuthClient, Code, Error, Event, Options, Reason, Restore, Scope, View};
use support::{Backend, Client, ended, sleep, turn};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Request;

wasm_bindgen_test_configure!(run_in_browser);

fn client(backend: &Backend) -> AuthClient {
    client_with(backend, |_| ())
}

fn client_with(backend: &Backend, change: impl FnOnce(&mut Options)) -> AuthClient {
    let mut options = Options::new("https://api.test");
    options.restore = Restore::Never;
    options.fetch = Some(backend.fetch());
    // A client of an earlier test is not another tab.
    options.cross_tab = false;
    change(&mut options);
    AuthClient::new(options).unwrap()
}

fn credentials() -> JsValue {
    js_sys::JSON::parse(r#"{"email":"user@example.com","password":"password"}"#).unwrap()
}

fn me() -> Request {
    Request::new_with_str("https://api.test/me").unwrap()
}

fn code(result: Result<impl Sized, Error>) -> Code {
    match result {
        Err(Error::Auth(failure)) => failure.code,
        Err(Error::Platform(_)) => panic!("the platform's error"),
        Ok(_) => panic!("no error"),
    }
}

#[wasm_bindgen_test]
async fn a_rust_front_end_signs_in_calls_and_signs_out() {
    let backend = Backend::new();
    let auth = client(&backend);
    auth.login(credentials()).await.unwrap();
    assert_eq!(
        backend.saw("/auth/login", 0, "body"),
        r#"{"email":"user@example.com","password":"password"}"#
    );
    assert_eq!(auth.fetch(&me()).await.unwrap().status(), 200);
    assert_eq!(auth.access_token(None).await.unwrap(), "token-1");
    assert_eq!(auth.access_token(Some("token-1")).await.unwrap(), "token-2");
    auth.refresh().await.unwrap();
    assert_eq!(auth.access_token(Some("token-1")).await.unwrap(), "token-3");
    auth.logout(Scope::Local).await.unwrap();
    assert_eq!(backend.count("/auth/logout?scope=local"), 1);
    assert_eq!(auth.session(), View::SignedOut(Reason::Logout));
    assert_eq!(code(auth.fetch(&me()).await), Code::LoginRequired);
}

#[wasm_bindgen_test]
async fn a_listener_may_call_back_in() {
    let backend = Backend::new();
    let auth = client(&backend);
    let seen = Rc::new(RefCell::new(Vec::new()));
    let _subscription = auth.subscribe({
        let (auth, seen) = (auth.clone(), Rc::clone(&seen));
        move || {
            seen.borrow_mut().push(auth.session());
            if let View::SignedIn { .. } = auth.session() {
                let auth = auth.clone();
                spawn_local(async move { drop(auth.logout(Scope::Global).await) });
            }
        }
    });
    auth.login(credentials()).await.unwrap();
    while auth.session() != View::SignedOut(Reason::Logout) {
        turn().await;
    }
    assert_eq!(backend.count("/auth/logout"), 1);
    let seen = seen.borrow();
    assert!(matches!(
        seen.as_slice(),
        [
            View::SigningIn,
            View::SignedIn { .. },
            View::SigningOut,
            View::SignedOut(Reason::Logout)
        ]
    ));
}

#[wasm_bindgen_test]
async fn a_listener_that_ends_the_operation_a_call_is_about_to_wait_for_leaves_nobody_waiting() {
    let backend = Backend::new();
    let auth = client(&backend);
    auth.login(credentials()).await.unwrap();
    sleep(901_000.0);
    let _subscription = auth.on_event({
        let auth = auth.clone();
        move |event| {
            if let Event::RefreshStarted { .. } = event {
                auth.dispose();
            }
        }
    });
    assert_eq!(code(auth.fetch(&me()).await), Code::Disposed);
}

#[wasm_bindgen_test]
async fn dispose_inside_a_listener_ends_everything_and_panics_nowhere() {
    let backend = Backend::new();
    let auth = client(&backend);
    let _subscription = auth.subscribe({
        let auth = auth.clone();
        move || auth.dispose()
    });
    assert_eq!(code(auth.login(credentials()).await), Code::Disposed);
    assert_eq!(code(auth.login(credentials()).await), Code::Disposed);
    assert_eq!(code(auth.logout(Scope::Global).await), Code::Disposed);
    assert_eq!(code(auth.refresh().await), Code::Disposed);
}

#[wasm_bindgen_test]
async fn dispose_twice_and_during_a_fetch_rejects_whoever_waits_with_disposed() {
    let client = Client::signed_in().await;
    sleep(901_000.0);
    client.backend.hold("/auth/refresh");
    let waiting = client.call("/me");
    turn().await;
    client.engine.dispose();
    client.engine.dispose();
    assert_eq!(ended(waiting).await.code(), Some(10.0));
    client.backend.release("/auth/refresh");
    turn().await;
    assert_eq!(client.ended("/me").await.code(), Some(10.0));
    assert_eq!(client.backend.count("/me"), 0);
}

#[wasm_bindgen_test]
async fn a_request_under_way_while_the_client_is_disposed_keeps_its_answer() {
    let client = Client::signed_in().await;
    client.backend.hold("/me");
    let under_way = client.call("/me");
    turn().await;
    client.engine.dispose();
    client.backend.release("/me");
    assert_eq!(ended(under_way).await.status(), Some(200.0));
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
async fn a_lifetime_of_forty_days_asks_for_no_timer_that_overflows() {
    let backend = Backend::new();
    backend.set_lifetime(40.0 * 86_400.0);
    let auth = client(&backend);
    let delays = support::delays();
    auth.login(credentials()).await.unwrap();
    turn().await;
    let longest = delays
        .iter()
        .filter_map(|delay| delay.as_f64())
        .fold(0.0, f64::max);
    assert_eq!(longest, 2_147_483_647.0);
    assert_eq!(backend.count("/auth/refresh"), 0);
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
    assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
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

#[wasm_bindgen_test]
fn a_base_url_or_origin_that_is_none_is_an_invalid_argument() {
    for base in [
        "",
        "/relative",
        "ftp://api.test",
        "javascript:alert(1)",
        "https://[",
    ] {
        assert_eq!(
            code(AuthClient::new(Options::new(base))),
            Code::InvalidArgument,
            "{base}"
        );
    }
    let mut options = Options::new("https://api.test");
    options.allowed_origins = vec!["nothing".to_owned()];
    assert_eq!(code(AuthClient::new(options)), Code::InvalidArgument);
}

#[wasm_bindgen_test]
async fn a_dropped_subscription_hears_nothing_more() {
    let backend = Backend::new();
    let auth = client(&backend);
    let heard = Rc::new(Cell::new(0));
    let subscription = auth.subscribe({
        let heard = Rc::clone(&heard);
        move || heard.set(heard.get() + 1)
    });
    auth.login(credentials()).await.unwrap();
    let before = heard.get();
    drop(subscription);
    auth.logout(Scope::Global).await.unwrap();
    assert_eq!((before, heard.get()), (2, 2));
}

#[wasm_bindgen_test]
async fn the_user_is_kept_when_a_refresh_names_none_and_forgotten_at_the_logout() {
    let backend = Backend::new();
    let auth = client(&backend);
    auth.login(credentials()).await.unwrap();
    backend.script(
        "/auth/refresh",
        1,
        200,
        r#"{"accessToken":"other","expiresIn":900}"#,
    );
    auth.refresh().await.unwrap();
    assert_eq!(auth.access_token(None).await.unwrap(), "other");
    assert!(auth.user().0.is_object());
    auth.logout(Scope::Global).await.unwrap();
    assert!(auth.user().0.is_undefined());
}

#[wasm_bindgen_test]
async fn a_login_that_names_no_user_does_not_inherit_the_last_one() {
    let backend = Backend::new();
    let auth = client(&backend);
    auth.login(credentials()).await.unwrap();
    backend.script("/auth/login", 1, 200, r#"{"accessToken":"other"}"#);
    auth.login(credentials()).await.unwrap();
    assert!(auth.user().0.is_undefined());
}

#[wasm_bindgen_test]
async fn every_listener_hears_what_happened_in_the_same_order() {
    let backend = Backend::new();
    let auth = client(&backend);
    auth.login(credentials()).await.unwrap();
    let heard = Rc::new(RefCell::new(Vec::new()));
    let _first = auth.on_event({
        let auth = auth.clone();
        move |event| {
            if let Event::RefreshStarted { .. } = event {
                let grant = js_sys::JSON::parse(r#"{"accessToken":"elsewhere"}"#).unwrap();
                auth.set_session(grant).unwrap();
            }
        }
    });
    let _second = auth.on_event({
        let heard = Rc::clone(&heard);
        move |event| heard.borrow_mut().push(event)
    });
    auth.refresh().await.unwrap();
    let heard = heard.borrow();
    assert!(
        matches!(
            heard.as_slice(),
            [Event::RefreshStarted { .. }, Event::SignedIn]
        ),
        "{heard:?}"
    );
}

#[wasm_bindgen_test]
async fn an_error_prints_no_secret() {
    let secret = js_sys::Error::new("https://api.test/?token=secret");
    let error = Error::Platform(secret.into());
    assert!(!format!("{error:?} {error}").contains("secret"));
}

#[wasm_bindgen_test]
async fn ten_thousand_calls_leave_the_wasm_memory_as_it_was() {
    let client = Client::signed_in().await;
    for _ in 0..100 {
        client.ended("/open").await;
    }
    let size = || {
        let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
        let buffer: js_sys::ArrayBuffer = memory.buffer().unchecked_into();
        buffer.byte_length()
    };
    let before = size();
    for _ in 0..100 {
        let calls: Vec<_> = (0..100).map(|_| client.call("/open")).collect();
        support::all(&calls).await;
        client.backend.forget();
    }
    assert_eq!(size(), before);
}
