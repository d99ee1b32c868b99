//! HTTP: finding the tenant, and what is the same for every request.
//!
//! Handlers only translate: a request into the domain's words, its decision into an answer. What
//! surrounds all of them is one function, [`dispatch`], in the order it happens: tenant, CORS, journal,
//! faults, handler, headers.

mod about;
pub(crate) mod answer;
mod bearer;
mod code_exchange;
mod consent;
pub(crate) mod cookies;
mod cors;
pub(crate) mod document;
mod fixed_cookie;
mod form;
mod gateway;
mod html;
mod index;
pub(crate) mod input;
mod oauth2;
mod rotation;
mod session;
pub(crate) mod view;

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::extract::{Extension, Request};
use axum::http::header::{CACHE_CONTROL, DATE, LOCATION, ORIGIN};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use tower::ServiceExt;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::control;
use crate::faults::spoil::{self, ConnectionDropped};
use crate::files::Files;
use crate::journal::{Entry, EntryId, Seen};
use crate::shared::State;
use crate::tenant::Tenant;
use answer::Problem;

/// The tenant a request belongs to.
pub(crate) type At = Extension<Arc<Tenant>>;

/// Under these nothing is kept by a cache: tokens and codes pass here.
const UNSTORED: [&str; 6] = [
    "/auth",
    "/api/v1/auth",
    "/gateway",
    "/wx/auth",
    "/wx/code",
    "/__mock",
];

/// Here the refresh token is in the body.
const IN_BODIES: [&str; 4] = [
    "/auth/token",
    "/auth/revoke",
    "/wx/auth/refresh",
    "/wx/auth/logout",
];

/// The whole server as a router, without its socket.
///
/// Requests are addressed as over the wire: `/auth/login`, or `/t/{tenant}/auth/login`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
///
/// use axum::body::Body;
/// use axum::http::Request;
/// use evertoken_mock::{Options, State, app, world::Still};
/// use tower::ServiceExt;
///
/// let world = Arc::new(Still::new(1));
/// let state = State::new(&Options::default(), world, "http://127.0.0.1:4000")?;
/// let request = Request::post("/auth/refresh").body(Body::empty())?;
/// let response = app(state.clone()).oneshot(request).await?;
/// assert_eq!(response.status(), 401);
/// assert_eq!(state.root().counters().refresh.denied, 1);
/// # Ok(()) }
/// ```
pub fn app(state: State) -> Router {
    router(state, Files::none())
}

/// The same, with files at `/`.
pub(crate) fn router(state: State, files: Files) -> Router {
    // A group at a time, so that no more than one group's description is there at once.
    let inner = GROUPS
        .into_iter()
        .fold(Router::new(), |router, routes| router.merge(routes()))
        .route("/openapi.json", get(describe))
        .method_not_allowed_fallback(|| async {
            Problem::method_not_allowed("Use one of the methods that Allow names.")
        })
        .fallback(move |Extension(tenant): At, request: Request| {
            let files = files.clone();
            async move {
                if files.is_none() && index::is_asked(&request) {
                    index::show(&tenant, &document(&tenant), &request)
                } else {
                    files.serve(request).await
                }
            }
        });
    Router::new().fallback(move |request: Request| dispatch(state.clone(), inner.clone(), request))
}

/// What there is, described where it is made.
const GROUPS: [fn() -> OpenApiRouter; 8] = [
    rotation::routes,
    oauth2::routes,
    fixed_cookie::routes,
    consent::routes,
    gateway::routes,
    code_exchange::routes,
    control::routes,
    about::routes,
];

async fn describe(Extension(tenant): At) -> Json<OpenApi> {
    Json(document(&tenant))
}

fn document(tenant: &Tenant) -> OpenApi {
    let all = GROUPS
        .into_iter()
        .fold(OpenApiRouter::new(), |all, routes| all.merge(routes()));
    document::of(all, &tenant.url())
}

async fn dispatch(state: State, inner: Router, request: Request) -> Response {
    let caller = state.root().shared.origins.caller(request.headers());
    let preflight =
        cors::is_preflight(request.method(), request.headers()).then(|| cors::preflight(&caller));
    let is_bare = is_bare_tenant(&request);
    let mut response = match addressed(&state, request) {
        Ok((tenant, path, request)) => {
            let ready = preflight.or_else(|| is_bare.then(|| to_folder(&request)));
            serve(&tenant, &path, inner, request, ready).await
        }
        Err(problem) => preflight.unwrap_or_else(|| problem.into_response()),
    };
    cors::share(&caller, response.headers_mut());
    response
}

/// Whether somebody looks at `/t/{name}`, below which no page would find what is beside it.
fn is_bare_tenant(request: &Request) -> bool {
    let name = request.uri().path().strip_prefix("/t/");
    name.is_some_and(|name| !name.contains('/'))
        && matches!(*request.method(), Method::GET | Method::HEAD)
}

/// To the slash that is missing. The tenant's prefix is put before it as before every `Location`.
fn to_folder(request: &Request) -> Response {
    let query = request.uri().query();
    let folder = query.map_or_else(|| "/".to_owned(), |query| format!("/?{query}"));
    Redirect::temporary(&folder).into_response()
}

/// What a tenant answers, and a line in the log.
async fn serve(
    tenant: &Arc<Tenant>,
    path: &str,
    inner: Router,
    request: Request,
    ready: Option<Response>,
) -> Response {
    let began = tenant.clock().now();
    let method = request.method().clone();
    let mut response = match ready {
        Some(answer) => answer,
        None if path.starts_with("/__mock/") => inner.oneshot(request).await.into_response(),
        None => journalled(tenant, path, inner, request).await,
    };
    finish(tenant, path, response.headers_mut());
    tracing::info!(
        tenant = tenant.prefix(),
        %method,
        path,
        status = response.status().as_u16(),
        ms = took(tenant, began),
    );
    response
}

/// Serves it, misbehaves if told to, and writes down what happened.
async fn journalled(
    tenant: &Arc<Tenant>,
    path: &str,
    inner: Router,
    mut request: Request,
) -> Response {
    let entry = tenant.journal.begin(Entry {
        n: 0,
        at: tenant.clock().seconds(),
        method: request.method().to_string(),
        path: path.to_owned(),
        origin: request
            .headers()
            .get(ORIGIN)
            .map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned()),
        status: None,
        token: seen(tenant, path, request.headers()),
        faulted: false,
    });
    request.extensions_mut().insert(entry);
    let fault = match *request.method() {
        Method::OPTIONS => None,
        _ => tenant.faults().meet(path, || tenant.chance()),
    };
    let next = |request| async { inner.oneshot(request).await.into_response() };
    let response = match fault {
        None => next(request).await,
        Some(fault) => {
            tenant.journal.faulted(entry);
            let request = if fault.serves() || !IN_BODIES.contains(&path) {
                request
            } else {
                unserved(tenant, entry, request).await
            };
            spoil::serve(tenant, fault, request, next).await
        }
    };
    if response.extensions().get::<ConnectionDropped>().is_none() {
        tenant.journal.answered(entry, response.status().as_u16());
    }
    response
}

/// What an endpoint would have written down of a request that does not get there: the refresh token in
/// its body.
async fn unserved(tenant: &Tenant, entry: EntryId, request: Request) -> Request {
    match input::read_any(request).await {
        Ok((head, body)) => {
            if let Some(token) = oauth2::token_in(&body).or_else(|| code_exchange::token_in(&body))
            {
                tenant.note(entry, &token);
            }
            Request::from_parts(head, body.into())
        }
        Err(_) => Request::default(),
    }
}

/// Whose request it is, its path, and all of it, as that tenant sees it.
fn addressed(
    state: &State,
    mut request: Request,
) -> Result<(Arc<Tenant>, String, Request), Problem> {
    let (tenant, path) = state
        .locate(request.uri().path())
        .ok_or_else(|| Problem::not_found("A tenant's name is 1 to 64 of a-z, 0-9 and -."))?;
    let path = path.to_owned();
    let target = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.clone(),
    };
    let target = PathAndQuery::try_from(target)
        .map_err(|_| Problem::not_found("This path cannot be read."))?;
    *request.uri_mut() = Uri::from(target);
    request.extensions_mut().insert(tenant.clone());
    Ok((tenant, path, request))
}

/// Which token came along in the headers, if it is ours.
fn seen(tenant: &Tenant, path: &str, headers: &HeaderMap) -> Option<Seen> {
    let keys = &tenant.shared.keys;
    if let Some(token) = bearer::presented(headers) {
        return Some(keys.read_access(token, tenant.issuer())?.into());
    }
    let sessions = [rotation::SESSION, fixed_cookie::SESSION, gateway::SESSION];
    let jar = sessions
        .map(|session| session.jar)
        .into_iter()
        .find(|jar| is_under(path, jar.path))?;
    Some(keys.read_refresh(&jar.read(headers).ok()??)?.into())
}

fn is_under(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The headers that do not depend on what was answered.
fn finish(tenant: &Tenant, path: &str, headers: &mut HeaderMap) {
    if UNSTORED.iter().any(|folder| is_under(path, folder)) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let date = httpdate::fmt_http_date(UNIX_EPOCH + tenant.clock().date());
    if let Ok(date) = HeaderValue::from_str(&date) {
        headers.insert(DATE, date);
    }
    // Whoever redirects below us knows nothing of the prefix, and two slashes would name another host.
    let location = headers
        .get(LOCATION)
        .and_then(|location| location.to_str().ok());
    if let Some(Ok(location)) =
        location
            .filter(|location| location.starts_with('/'))
            .map(|location| {
                let path = location.trim_start_matches('/');
                format!("{}/{path}", tenant.prefix()).parse()
            })
    {
        headers.insert(LOCATION, location);
    }
}

fn took(tenant: &Tenant, began: Duration) -> u64 {
    u64::try_from(tenant.clock().now().saturating_sub(began).as_millis()).unwrap_or(u64::MAX)
}
