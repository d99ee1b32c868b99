//! Backends of other shapes, as a Rust front end chooses them.

#![cfg(all(target_arch = "wasm32", feature = "js"))]
#![allow(clippy::unwrap_used, reason = "a test that fails says so by panicking")]

mod support;

use evertoken::{
    AuthClient, Body, Contract, Endpoint, Fields, Forbidden, Options, Reason, Renewal, Restore,
    View,
};
use js_sys::{Function, Promise};
use support::{Backend, turn};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::Request;

wasm_bindgen_test_configure!(run_in_browser);

fn client(backend: &Backend, change: impl FnOnce(&mut Options)) -> AuthClient {
    let mut options = Options::new("https://api.test");
    options.restore = Restore::Never;
    options.fetch = Some(backend.fetch());
    options.cross_tab = false;
    change(&mut options);
    AuthClient::new(options).unwrap()
}

fn json(text: &str) -> JsValue {
    js_sys::JSON::parse(text).unwrap()
}

const TOKENS: &str =
    r#"{"access_token":"a","refresh_token":"r","refresh_key":"1.key","expires_in":900}"#;

#[wasm_bindgen_test]
async fn a_preset_of_the_core_is_a_front_ends_backend() {
    let backend = Backend::new();
    let auth = client(&backend, |options| options.contract = Contract::OAUTH2);
    backend.script("/auth/token", 2, 200, TOKENS);
    auth.login(json(r#"{"email":"user@example.com","password":"p"}"#))
        .await
        .unwrap();
    auth.refresh().await.unwrap();
    assert_eq!(
        backend.saw("/auth/token", 0, "body"),
        "username=user%40example.com&password=p&grant_type=password"
    );
    assert_eq!(
        backend.saw("/auth/token", 1, "body"),
        "grant_type=refresh_token&refresh_token=r"
    );
    assert_eq!(backend.saw("/auth/token", 1, "key"), "1.key");
}

#[wasm_bindgen_test]
async fn a_contract_of_ones_own_is_written_in_rust() {
    let backend = Backend::new();
    let mut contract = Contract::new(
        Endpoint::post("/session", Body::Json),
        Renewal::Endpoint(Endpoint::post("/session/renew", Body::None)),
        None,
        Fields::CAMEL_CASE,
    );
    contract.forbidden = Forbidden::Logout;
    let auth = client(&backend, |options| options.contract = contract);
    backend.script("/session", 1, 200, r#"{"accessToken":"a","expiresIn":900}"#);
    auth.login(json("{}")).await.unwrap();
    backend.script("/me", 1, 403, "{}");
    let me = Request::new_with_str("https://api.test/me").unwrap();
    assert_eq!(auth.fetch(&me).await.unwrap().status(), 403);
    turn().await;
    assert_eq!(auth.session(), View::SignedOut(Reason::Forbidden));
}

#[wasm_bindgen_test]
async fn to_look_whether_there_is_a_session_asks_nobody_for_credentials() {
    let backend = Backend::new();
    let asked = Closure::<dyn Fn() -> Promise>::new(|| {
        Promise::resolve(&js_sys::JSON::parse(r#"{"code":"c"}"#).unwrap())
    });
    let hook: Function = asked.into_js_value().unchecked_into();
    let auth = client(&backend, |options| {
        options.contract = Contract::CODE_EXCHANGE;
        options.reauthenticate = Some(hook);
    });
    auth.ready().await;
    assert_eq!(auth.session(), View::SignedOut(Reason::Never));
    assert_eq!(backend.count("/wx/auth/login"), 0);
    backend.script(
        "/wx/auth/login",
        1,
        200,
        r#"{"accessToken":"a","refreshToken":"r"}"#,
    );
    assert_eq!(auth.access_token(None).await.unwrap(), "a");
    assert_eq!(backend.saw("/wx/auth/login", 0, "body"), r#"{"code":"c"}"#);
}
