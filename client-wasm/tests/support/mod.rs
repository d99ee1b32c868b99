//! What the browser tests share: a client of the exported class, on a scripted backend.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "each test file uses its own part; a test that fails says so by panicking"
)]

use evertoken::{AuthClient, Code, Error, Options, Restore};
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Request;

#[wasm_bindgen(module = "/tests/support/scripted.js")]
extern "C" {
    pub type Backend;
    #[wasm_bindgen(constructor)]
    pub fn new() -> Backend;
    #[wasm_bindgen(method, getter)]
    pub fn fetch(this: &Backend) -> Function;
    #[wasm_bindgen(method, setter)]
    pub fn set_lifetime(this: &Backend, seconds: f64);
    /// Whether keys are handed out.
    #[wasm_bindgen(method, setter)]
    pub fn set_keys(this: &Backend, handed: bool);
    /// Whose tokens are issued from now on.
    #[wasm_bindgen(method, setter)]
    pub fn set_subject(this: &Backend, id: &str);
    #[wasm_bindgen(method, js_name = script)]
    fn script_with(this: &Backend, path: &str, count: f64, status: u16, body: &str, headers: &str);
    #[wasm_bindgen(method)]
    pub fn hold(this: &Backend, path: &str);
    #[wasm_bindgen(method)]
    pub fn release(this: &Backend, path: &str);
    #[wasm_bindgen(method)]
    pub fn spoil(this: &Backend);
    #[wasm_bindgen(method)]
    pub fn count(this: &Backend, path: &str) -> u32;
    #[wasm_bindgen(method)]
    fn nth(this: &Backend, path: &str, n: u32) -> String;
    /// The `n`-th request of all, as JSON.
    #[wasm_bindgen(method, js_name = at)]
    pub fn received_at(this: &Backend, n: u32) -> String;
    #[wasm_bindgen(method)]
    pub fn forget(this: &Backend);

    pub fn call(sender: &JsValue, name: &str, signal: &JsValue) -> Promise;
    pub fn settle(promise: &Promise) -> Promise;
    #[wasm_bindgen(js_name = toError)]
    fn to_error(failure: JsValue, cause: JsValue) -> JsValue;
    pub fn sleep(ms: f64);
    pub fn post(sender: &JsValue, path: &str) -> Promise;
    pub fn throwing() -> Function;
    #[wasm_bindgen(js_name = resolvingWithNothing)]
    pub fn resolving_with_nothing() -> Function;
    #[wasm_bindgen(js_name = withoutText)]
    pub fn without_text() -> Function;
    pub fn circular() -> JsValue;
    /// The default contract, as the package hands it over.
    pub fn rotation() -> JsValue;
    pub fn delays() -> Array;
    pub fn stored() -> String;
}

#[wasm_bindgen(module = "/tests/support/scripted.js")]
extern "C" {
    pub type Platform;
    #[wasm_bindgen(constructor)]
    pub fn new() -> Platform;
    #[wasm_bindgen(method)]
    pub fn restore(this: &Platform);
    #[wasm_bindgen(method, getter)]
    pub fn waiting(this: &Platform) -> u32;
    #[wasm_bindgen(method, getter)]
    pub fn held(this: &Platform) -> u32;
    #[wasm_bindgen(method)]
    pub fn grant(this: &Platform);
    #[wasm_bindgen(method, js_name = withoutLocks)]
    pub fn without_locks(this: &Platform);
    #[wasm_bindgen(method, js_name = refuseLocks)]
    pub fn refuse_locks(this: &Platform);
    #[wasm_bindgen(method, getter)]
    pub fn channels(this: &Platform) -> u32;
    #[wasm_bindgen(method, getter)]
    pub fn said(this: &Platform) -> String;
    #[wasm_bindgen(method, js_name = talkNonsense)]
    pub fn talk_nonsense(this: &Platform) -> u32;
    #[wasm_bindgen(method, js_name = withoutChannels)]
    pub fn without_channels(this: &Platform);
    #[wasm_bindgen(method, getter)]
    pub fn kept(this: &Platform) -> String;
    #[wasm_bindgen(method, js_name = forbidStorage)]
    pub fn forbid_storage(this: &Platform);
    #[wasm_bindgen(method, js_name = tellOfStorage)]
    pub fn tell_of_storage(this: &Platform, own: bool);
    #[wasm_bindgen(method, getter)]
    pub fn reads(this: &Platform) -> u32;
    #[wasm_bindgen(method)]
    pub fn happens(this: &Platform, what: &str);
}

impl Backend {
    /// The next `count` requests to `path` get this answer; status 0 is a network error.
    pub fn script(&self, path: &str, count: u32, status: u16, body: &str) {
        let headers = r#"{"content-type":"application/json"}"#;
        self.script_with(path, f64::from(count), status, body, headers);
    }

    pub fn script_headed(&self, path: &str, status: u16, body: &str, headers: &str) {
        self.script_with(path, 1.0, status, body, headers);
    }

    /// A member of the `n`-th request to `path`, as text.
    pub fn saw(&self, path: &str, n: u32, member: &str) -> String {
        let request = JSON::parse(&self.nth(path, n)).unwrap();
        let value = Reflect::get(&request, &member.into()).unwrap();
        value
            .as_string()
            .unwrap_or_else(|| String::from(JSON::stringify(&value).unwrap()))
    }
}

/// How a call ended.
pub struct Ended(JsValue);

impl Ended {
    pub fn member(&self, name: &str) -> JsValue {
        Reflect::get(&self.0, &name.into()).unwrap()
    }
    pub fn status(&self) -> Option<f64> {
        self.member("status").as_f64()
    }
    pub fn code(&self) -> Option<f64> {
        self.member("code").as_f64()
    }
    pub fn thrown(&self) -> Option<String> {
        self.member("thrown").as_string()
    }
}

/// Waits for what [`call`] or [`settle`] brings.
pub async fn ended(promise: Promise) -> Ended {
    let text = JsFuture::from(promise).await.unwrap();
    Ended(JSON::parse(&text.as_string().unwrap()).unwrap())
}

pub async fn all(promises: &[Promise]) -> Vec<Ended> {
    let mut every = Vec::new();
    for promise in promises {
        every.push(ended(promise.clone()).await);
    }
    every
}

/// Lets everything that is ready run: a message to oneself comes after all microtasks.
pub async fn turn() {
    let turned = Promise::new(&mut |resolve, _| {
        let channel = web_sys_channel();
        let port = Reflect::get(&channel, &"port1".into()).unwrap();
        Reflect::set(&port, &"onmessage".into(), &resolve).unwrap();
        let other = Reflect::get(&channel, &"port2".into()).unwrap();
        let post: Function = Reflect::get(&other, &"postMessage".into())
            .unwrap()
            .unchecked_into();
        post.call1(&other, &JsValue::NULL).unwrap();
    });
    JsFuture::from(turned).await.unwrap();
}

fn web_sys_channel() -> JsValue {
    let constructor: Function = Reflect::get(&js_sys::global(), &"MessageChannel".into())
        .unwrap()
        .unchecked_into();
    Reflect::construct(&constructor, &Array::new()).unwrap()
}

/// The engine as the package drives it.
pub struct Client {
    pub engine: evertoken::Engine,
    pub sender: JsValue,
    pub backend: Backend,
}

impl Client {
    pub fn new(base: &str, restore: bool, timeout: f64) -> Self {
        let backend = Backend::new();
        let nothing = wasm_bindgen::closure::Closure::<dyn Fn()>::new(|| ());
        let nothing: Function = nothing.into_js_value().unchecked_into();
        let error =
            wasm_bindgen::closure::Closure::<dyn Fn(JsValue, JsValue) -> JsValue>::new(to_error);
        let given = Object::new();
        for (name, value) in [
            ("baseUrl", base.into()),
            ("allowedOrigins", Array::new().into()),
            ("fetch", backend.fetch().into()),
            ("error", error.into_js_value()),
        ] {
            Reflect::set(&given, &name.into(), &value).unwrap();
        }
        let engine = evertoken::Engine::new(
            given.into(),
            if restore { 2 } else { 0 },
            60_000.0,
            timeout,
            // A client of an earlier test is not another tab.
            0,
            rotation(),
            nothing.clone(),
            nothing,
        )
        .unwrap();
        let sender = engine.start();
        Self {
            engine,
            sender,
            backend,
        }
    }

    /// Nobody is signed in, and nothing was asked.
    pub fn signed_out() -> Self {
        Self::new("https://api.test", false, 10_000.0)
    }

    pub async fn signed_in() -> Self {
        let client = Self::signed_out();
        client.login().await;
        client
    }

    pub async fn login(&self) {
        let credentials =
            JSON::parse(r#"{"email":"user@example.com","password":"password"}"#).unwrap();
        let failure = JsFuture::from(self.engine.login(&credentials))
            .await
            .unwrap();
        assert!(failure.is_undefined());
    }

    pub fn call(&self, name: &str) -> Promise {
        call(&self.sender, name, &JsValue::UNDEFINED)
    }

    pub async fn ended(&self, name: &str) -> Ended {
        ended(self.call(name)).await
    }

    pub fn status(&self) -> f64 {
        self.engine.view().get(0).as_f64().unwrap()
    }
}

// The same through the Rust API.

pub fn client(backend: &Backend) -> AuthClient {
    client_with(backend, |_| ())
}

pub fn client_with(backend: &Backend, change: impl FnOnce(&mut Options)) -> AuthClient {
    let mut options = Options::new("https://api.test");
    options.restore = Restore::Never;
    options.fetch = Some(backend.fetch());
    // A client of an earlier test is not another tab.
    options.cross_tab = false;
    change(&mut options);
    AuthClient::new(options).unwrap()
}

pub fn credentials() -> JsValue {
    js_sys::JSON::parse(r#"{"email":"user@example.com","password":"password"}"#).unwrap()
}

pub fn me() -> Request {
    Request::new_with_str("https://api.test/me").unwrap()
}

pub fn code(result: Result<impl Sized, Error>) -> Code {
    match result {
        Err(Error::Auth(failure)) => failure.code,
        Err(Error::Platform(_)) => panic!("the platform's error"),
        Ok(_) => panic!("no error"),
    }
}
