//! A server that is not the mock: another origin, which writes down what reaches it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A request that reached a trap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its method.
    pub method: String,
    /// Its path.
    pub path: String,
    /// Its `Authorization` header.
    pub authorization: Option<String>,
    /// Its `X-Marker` header.
    pub marker: Option<String>,
    /// Its body.
    pub body: String,
}

type Log = Arc<Mutex<Vec<Seen>>>;

/// A running trap. `/redirect-to?URL` redirects; `/once-401` refuses the first request and serves the next;
/// anything else is served.
#[derive(Debug)]
pub struct Trap {
    port: u16,
    log: Log,
    task: JoinHandle<()>,
}

impl Trap {
    /// Starts on a free port.
    pub async fn start() -> Self {
        let log = Log::default();
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&log))
            .layer(middleware::from_fn(allow_every_origin));
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let task = tokio::spawn(async move {
            axum::serve(listener, app)
                .await
                .expect("it serves until it is dropped");
        });
        Self { port, log, task }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address, under a name of one's choice.
    pub fn url(&self, host: &str) -> String {
        format!("http://{host}:{}", self.port)
    }

    /// What reached it so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.log.lock().expect("nobody panicked with it").clone()
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State(log): State<Log>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.to_owned());
    let path = uri.path().to_owned();
    let mut log = log.lock().expect("nobody panicked with it");
    let first = !log.iter().any(|seen| seen.path == path);
    log.push(Seen {
        method: method.to_string(),
        path: path.clone(),
        authorization: text("authorization"),
        marker: text("x-marker"),
        body: String::from_utf8_lossy(&body).into_owned(),
    });
    match path.as_str() {
        "/redirect-to" => Redirect::temporary(uri.query().unwrap_or_default()).into_response(),
        "/once-401" if first => StatusCode::UNAUTHORIZED.into_response(),
        _ => "served".into_response(),
    }
}

/// Everything is allowed: what does not arrive here was held back by the client or the browser, not by us.
async fn allow_every_origin(request: Request, next: Next) -> Response {
    let preflight = request.method() == Method::OPTIONS;
    let mut response = if preflight {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, x-marker",
        ),
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            "GET, POST, PUT, DELETE",
        ),
    ] {
        headers.insert(name, value.parse().expect("a constant"));
    }
    response
}
