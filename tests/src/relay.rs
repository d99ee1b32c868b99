//! A server between the browser and the mock, as proxies are.
//!
//! It passes everything on and writes down both directions whole, tokens too: that is how a test knows what
//! must be found nowhere. It can answer in the server's place, hold an answer or a request back until the test lets it go
//! (so that nothing depends on how long something takes), and add headers. A request that came is passed on
//! whatever becomes of who sent it, as on a network.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A request that was passed on, and its answer.
#[derive(Clone, Debug)]
pub struct Passed {
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub address: String,
    /// Its headers.
    pub asked: HeaderMap,
    /// The answer's status.
    pub status: StatusCode,
    /// The answer's headers.
    pub answered: HeaderMap,
    /// The answer's body.
    pub body: String,
}

/// What the relay answers in the server's place.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its content type.
    pub media: &'static str,
    /// Its body.
    pub body: String,
    /// Another header.
    pub header: Option<(&'static str, &'static str)>,
}

/// Something that is held back until it is let go; it is let go also if this is dropped.
#[derive(Debug)]
pub struct Held {
    here: Option<oneshot::Receiver<()>>,
    go: oneshot::Sender<()>,
}

/// A running relay.
#[derive(Debug)]
pub struct Relay {
    host: String,
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    target: OnceLock<String>,
    client: Client<HttpConnector, Body>,
    passed: Mutex<Vec<Passed>>,
    plans: Mutex<Vec<(String, Plan)>>,
    headers: Mutex<Vec<(&'static str, String)>>,
}

/// What happens to the next request for a path.
#[derive(Debug)]
enum Plan {
    /// It is answered here.
    Answer(Answer),
    /// Its answer is held.
    HoldAnswer(Gate),
    /// It is held itself.
    HoldRequest(Gate),
}

#[derive(Debug)]
struct Gate {
    here: oneshot::Sender<()>,
    go: oneshot::Receiver<()>,
}

impl Relay {
    /// Starts on a free port, to be reached as `host`: an address of this machine, or a name that the browser takes
    /// for one.
    pub async fn start(host: &str) -> Self {
        let shared = Arc::new(Shared {
            target: OnceLock::new(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            passed: Mutex::default(),
            plans: Mutex::default(),
            headers: Mutex::default(),
        });
        let app = Router::new()
            .fallback(relay)
            .with_state(Arc::clone(&shared));
        let address = host.parse().unwrap_or(Ipv4Addr::LOCALHOST);
        let listener = TcpListener::bind((address, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let task = tokio::spawn(async move {
            axum::serve(listener, app)
                .await
                .expect("it serves until it is dropped");
        });
        Self {
            host: host.to_owned(),
            port,
            shared,
            task,
        }
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}:{}", self.host, self.port)
    }

    pub(crate) fn forward_to(&self, url: String) {
        self.shared.target.set(url).expect("there is one server");
    }

    /// The next request to `path` is answered here. What is said for a path holds for one request each, in order.
    pub fn answer(&self, path: &str, answer: Answer) {
        self.plan(path, Plan::Answer(answer));
    }

    /// The next answer from `path` is held once the server has given it.
    pub fn hold_answer(&self, path: &str) -> Held {
        let (gate, held) = gate();
        self.plan(path, Plan::HoldAnswer(gate));
        held
    }

    /// The next request to `path` is held before the server sees it.
    pub fn hold_request(&self, path: &str) -> Held {
        let (gate, held) = gate();
        self.plan(path, Plan::HoldRequest(gate));
        held
    }

    /// Adds a header to everything that is answered from now on.
    pub fn add_header(&self, name: &'static str, value: &str) {
        lock(&self.shared.headers).push((name, value.to_owned()));
    }

    /// All that was passed on so far.
    pub fn passed(&self) -> Vec<Passed> {
        lock(&self.shared.passed).clone()
    }

    fn plan(&self, path: &str, plan: Plan) {
        lock(&self.shared.plans).push((path.to_owned(), plan));
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Answer {
    /// JSON.
    pub fn json(status: u16, body: &str) -> Self {
        Self {
            status,
            media: "application/json",
            body: body.to_owned(),
            header: None,
        }
    }

    /// A page.
    pub fn html(status: u16) -> Self {
        Self {
            media: "text/html",
            ..Self::json(status, "<!doctype html><title>Sign in</title>")
        }
    }
}

impl Held {
    /// Waits until it is here.
    pub async fn here(&mut self) {
        if let Some(here) = self.here.take() {
            here.await.expect("the relay is still there");
        }
    }

    /// Lets it go.
    pub fn release(self) {
        // Who sent it may be gone.
        let _ = self.go.send(());
    }
}

fn gate() -> (Gate, Held) {
    let (here, is_here) = oneshot::channel();
    let (go, may_go) = oneshot::channel();
    let gate = Gate { here, go: may_go };
    let held = Held {
        here: Some(is_here),
        go,
    };
    (gate, held)
}

impl Gate {
    async fn pass(self) {
        // Nobody need be looking; and a test that has ended lets everything go.
        let _ = self.here.send(());
        let _ = self.go.await;
    }
}

async fn relay(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let passing = tokio::spawn(async move { shared.pass(request).await });
    let mut response = passing.await.expect("passing on does not panic");
    response.headers_mut().remove(header::CONNECTION);
    response
}

impl Shared {
    async fn pass(&self, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        let mut held = None;
        match self.planned(&path) {
            Some(Plan::Answer(answer)) => return self.spoken(answer.into_response()),
            Some(Plan::HoldRequest(gate)) => gate.pass().await,
            Some(Plan::HoldAnswer(gate)) => held = Some(gate),
            None => {}
        }
        let response = self.forward(request).await;
        if let Some(gate) = held {
            gate.pass().await;
        }
        self.spoken(response)
    }

    fn planned(&self, path: &str) -> Option<Plan> {
        let mut plans = lock(&self.plans);
        let place = plans.iter().position(|(planned, _)| planned == path)?;
        Some(plans.remove(place).1)
    }

    async fn forward(&self, request: Request) -> Response {
        let (mut parts, body) = request.into_parts();
        let body = all(body).await;
        let asked = parts.headers.clone();
        let address = parts.uri.to_string();
        let method = parts.method.to_string();
        parts.uri = self.address(&parts);
        let sent = self.client.request(Request::from_parts(parts, body.into()));
        let Ok(response) = sent.await else {
            return StatusCode::BAD_GATEWAY.into_response();
        };
        let (parts, body) = response.into_parts();
        let body = all(Body::new(body)).await;
        lock(&self.passed).push(Passed {
            method,
            address,
            asked,
            status: parts.status,
            answered: parts.headers.clone(),
            body: String::from_utf8_lossy(&body).into_owned(),
        });
        Response::from_parts(parts, body.into())
    }

    fn address(&self, parts: &Parts) -> Uri {
        let target = self.target.get().expect("it is set before anybody asks");
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        format!("{target}{path}").parse().expect("both are parts")
    }

    fn spoken(&self, mut response: Response) -> Response {
        for (name, value) in lock(&self.headers).iter() {
            let value = HeaderValue::from_str(value).expect("a test's header");
            response
                .headers_mut()
                .append(HeaderName::from_static(name), value);
        }
        response
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("a test's status");
        let media = [(header::CONTENT_TYPE, self.media)];
        let mut response = (status, media, self.body).into_response();
        if let Some((name, value)) = self.header {
            let headers = response.headers_mut();
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// All of it; less if it broke off.
async fn all(body: Body) -> Bytes {
    to_bytes(body, usize::MAX).await.unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panicked with it")
}
