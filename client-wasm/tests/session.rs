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

use evertoken::{AuthClient, Code, Error, Event, Options, Reason, Scope, View};
use support::{Backend, Client, client, code, credentials, ended, me, sleep, turn};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

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
