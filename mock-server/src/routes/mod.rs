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

use axum::Router;
use axum::extract::{Extension, Request};
use axum::http::header::{CACHE_CONTROL, DATE, LOCATION, ORIGIN};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Method, Uri};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
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
pub fn app(state: State) -> Router {
    router(state, Files::none())
}

/// The same, with files at `/`.
pub(crate) fn router(state: State, files: Files) -> Router {
    let routes = OpenApiRouter::new()
        .merge(rotation::routes())
        .merge(oauth2::routes())
        .merge(fixed_cookie::routes())
        .merge(consent::routes())
        .merge(gateway::routes())
        .merge(code_exchange::routes())
        .merge(control::routes())
        .merge(about::routes());
    let (routes, document) = document::described(routes);
    let index: Arc<str> = index::rows(&document).into();
    let inner = routes
        .method_not_allowed_fallback(|| async {
            Problem::method_not_allowed("Use one of the methods that Allow names.")
        })
        .fallback(move |Extension(tenant): At, request: Request| {
            let (files, index) = (files.clone(), index.clone());
            async move {
                if files.is_none() && index::is_asked(&request) {
                    index::show(&tenant, &index, &request)
                } else {
                    files.serve(request).await
                }
            }
        });
    Router::new().fallback(move |request: Request| dispatch(state.clone(), inner.clone(), request))
}

async fn dispatch(state: State, inner: Router, request: Request) -> Response {
    let Some((tenant, path)) = state.locate(request.uri().path()) else {
        return Problem::not_found("A tenant's name is 1 to 64 of a-z, 0-9 and -.").into_response();
    };
    let path = path.to_owned();
    let Some(request) = addressed(request, &tenant, &path) else {
        return Problem::not_found("This path cannot be read.").into_response();
    };
    let began = tenant.clock().now();
    let caller = tenant.shared.origins.caller(request.headers());
    let method = request.method().clone();

    let mut response = if cors::is_preflight(&method, request.headers()) {
        cors::preflight(&caller)
    } else if path.starts_with("/__mock/") {
        inner.oneshot(request).await.into_response()
    } else {
        journalled(&tenant, &path, inner, request).await
    };

    finish(&tenant, &path, response.headers_mut());
    cors::share(&caller, response.headers_mut());
    tracing::info!(
        tenant = tenant.prefix(),
        %method,
        path,
        status = response.status().as_u16(),
        ms = took(&tenant, began),
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

/// The request as its tenant sees it.
fn addressed(mut request: Request, tenant: &Arc<Tenant>, path: &str) -> Option<Request> {
    let target = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    *request.uri_mut() = Uri::from(PathAndQuery::try_from(target).ok()?);
    request.extensions_mut().insert(tenant.clone());
    Some(request)
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
    // Whoever redirects below us knows nothing of the prefix.
    let location = headers
        .get(LOCATION)
        .and_then(|location| location.to_str().ok());
    if let Some(Ok(location)) = location
        .filter(|location| location.starts_with('/'))
        .map(|location| format!("{}{location}", tenant.prefix()).parse())
    {
        headers.insert(LOCATION, location);
    }
}

fn took(tenant: &Tenant, began: Duration) -> u64 {
    u64::try_from(tenant.clock().now().saturating_sub(began).as_millis()).unwrap_or(u64::MAX)
}
