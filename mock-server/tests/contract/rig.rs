//! A server without a socket, and a browser's cookie jar to talk to it with.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use evertoken_mock::world::Still;
use evertoken_mock::{ConnectionDropped, Options, State, Tenant, app};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::backing::Backing;

pub const URL: &str = "http://127.0.0.1:4000";

pub const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

pub struct Mock {
    pub state: State,
    pub app: Router,
    #[allow(dead_code, reason = "only a store that can be asked is asked")]
    pub backing: Backing,
}

impl Mock {
    pub fn new() -> Self {
        Self::with(Options::default())
    }

    pub fn with(options: Options) -> Self {
        let (options, backing) = Backing::of(options);
        let state = State::new(&options, Arc::new(Still::new(7)), URL).unwrap();
        Self {
            app: app(state.clone()),
            state,
            backing,
        }
    }

    pub fn root(&self) -> &Tenant {
        self.state.root()
    }

    /// A browser with an empty jar.
    pub fn browser(&self) -> Browser {
        Browser {
            app: self.app.clone(),
            prefix: String::new(),
            jar: None,
        }
    }

    /// One signed in as this user.
    pub async fn signed_in(&self, email: &str) -> (Browser, Answer) {
        let mut browser = self.browser();
        let answer = browser.login(email).await;
        assert_eq!(answer.status, 200);
        (browser, answer)
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.app, request).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        self.send(json_request(method, path, &body)).await
    }

    /// Anything at all.
    pub async fn ask(
        &self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body.into()).unwrap()).await
    }

    pub async fn form(&self, path: &str, body: &str) -> Answer {
        self.ask(("POST", path), &[FORM], body.to_owned()).await
    }

    /// A resource, asked with this access token.
    pub async fn bearer(&self, path: &str, token: &str) -> Answer {
        let value = format!("Bearer {token}");
        self.ask(("GET", path), &[("authorization", &value)], "")
            .await
    }

    pub async fn me(&self, token: &str) -> Answer {
        let request = Request::get("/auth/me").header("authorization", format!("Bearer {token}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A refresh as it stands, whatever any jar says.
    pub async fn present(&self, cookie: &str, key: Option<&str>) -> Answer {
        self.send(refresh_request(cookie, key)).await
    }
}

#[derive(Clone)]
pub struct Browser {
    pub app: Router,
    pub prefix: String,
    /// The `refresh_token` cookie.
    pub jar: Option<String>,
}

impl Browser {
    pub async fn login(&mut self, email: &str) -> Answer {
        self.login_with(json!({ "email": email, "password": "password" }))
            .await
    }

    pub async fn login_with(&mut self, credentials: Value) -> Answer {
        self.post("/auth/login", None, Some(credentials)).await
    }

    pub async fn refresh(&mut self) -> Answer {
        self.post("/auth/refresh", None, None).await
    }

    pub async fn refresh_with(&mut self, key: &str) -> Answer {
        self.post("/auth/refresh", Some(key), None).await
    }

    pub async fn logout(&mut self, query: &str) -> Answer {
        self.post(&format!("/auth/logout{query}"), None, None).await
    }

    async fn post(&mut self, path: &str, key: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = Request::post(format!("{}{path}", self.prefix));
        if let Some(jar) = &self.jar {
            request = request.header(COOKIE, format!("theme=dark; refresh_token={jar}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = match body {
            Some(body) => request
                .header(CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        };
        let answer = send(&self.app, request.unwrap()).await;
        if let Some(cookie) = answer.cookie() {
            self.jar = Some(cookie).filter(|value| !value.is_empty());
        }
        answer
    }
}

pub fn json_request(method: Method, path: &str, body: &Value) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap()
}

pub fn refresh_request(cookie: &str, key: Option<&str>) -> Request<Body> {
    let mut request =
        Request::post("/auth/refresh").header(COOKIE, format!("refresh_token={cookie}"));
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    request.body(Body::empty()).unwrap()
}

async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let dropped = head.extensions.get::<ConnectionDropped>().is_some();
    let body = body.collect().await.map(|body| body.to_bytes());
    Answer {
        status: head.status.as_u16(),
        headers: head.headers,
        dropped,
        broken: body.is_err(),
        body: body.unwrap_or_default(),
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub dropped: bool,
    pub broken: bool,
    pub body: Bytes,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn text(&self, field: &str) -> String {
        self.json()[field].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn set_cookie(&self) -> Option<&str> {
        assert!(self.headers.get_all(SET_COOKIE).iter().count() < 2);
        self.header("set-cookie")
    }

    /// The cookie's value, empty where it was cleared.
    pub fn cookie(&self) -> Option<String> {
        let (_, rest) = self.set_cookie()?.split_once('=')?;
        Some(rest.split(';').next().unwrap().to_owned())
    }

    pub fn is_cleared(&self) -> bool {
        self.set_cookie().is_some_and(|cookie| {
            cookie.starts_with("refresh_token=;") && cookie.contains("Max-Age=0")
        })
    }

    pub fn access(&self) -> String {
        self.text("accessToken")
    }

    pub fn key(&self) -> String {
        self.text("refreshKey")
    }

    /// Checks a refusal: status, code, reason; and that it says what to do next.
    #[track_caller]
    pub fn refuses(&self, status: StatusCode, error: &str, reason: Option<&str>) -> &Self {
        let body = self.json();
        assert_eq!(
            (self.status, body["error"].as_str()),
            (status.as_u16(), Some(error)),
            "{body}"
        );
        assert_eq!(body.get("reason").and_then(Value::as_str), reason, "{body}");
        assert!(
            body["error_description"]
                .as_str()
                .is_some_and(|text| text.len() > 20),
            "{body}"
        );
        assert_eq!(
            status == StatusCode::UNAUTHORIZED || error == "insufficient_scope",
            self.headers.contains_key("www-authenticate")
        );
        self
    }
}

/// The claims of a JWT, unverified.
pub fn claims(token: &str) -> Value {
    part(token, 1)
}

/// The header of a JWT.
pub fn jose(token: &str) -> Value {
    part(token, 0)
}

fn part(token: &str, index: usize) -> Value {
    use base64::Engine as _;
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(part)
            .unwrap(),
    )
    .unwrap()
}
