//! `fixed-cookie`'s login by redirect, with a provider of the mock's own.
//!
//! ```text
//!  app ──▶ /api/v1/auth/google?return_to=… ──▶ the consent page, which knows a `state`
//!                                                      │ somebody chooses an account
//!  app ◀── return_to, and the cookie is there ◀── /callback?state=…&user=…
//! ```
//! The page signs in as anybody without a password, so it is there only where the controls are. The
//! first step is a navigation from any site and changes nothing; the callback obeys the Origin rule and
//! takes a `state` that this server made and that is good for one login (RFC 6749 §10.12).

use axum::extract::{Extension, Request};
use axum::http::header::{ALLOW, HOST, LOCATION, REFERER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use url::Url;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{Problem, Refusal};
use super::document::{Closed, Invalid, Limited, Unavailable, UnreadOfAnyType};
use super::fixed_cookie::SESSION;
use super::form::Form;
use super::html::{escape, page};
use super::{At, input};
use crate::control;
use crate::limits::Kind;
use crate::service::Login;
use crate::tenant::Tenant;

const CALLBACK: &str = "/api/v1/auth/google/callback";

/// The longest `return_to`, in bytes: a server holds a thousand of them in each tenant.
const RETURN_BYTES: usize = 4 * 1024;

pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(callback))
}

/// The consent page of a login by redirect.
#[utoipa::path(get, path = "/api/v1/auth/google", tag = "fixed-cookie", params(("return_to" = String, Query, description = "Where the app wants its user back, on an allowed origin; without one, on the page's own")), responses((status = 200, description = "The consent page", body = String, content_type = "text/html"), Invalid, Closed, UnreadOfAnyType, Unavailable))]
async fn start(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read_any(request).await?;
    control::open(&tenant, &head.headers)?;
    let query = query(&head.uri)?;
    let return_to = allowed(&tenant, &head.headers, query.need("return_to")?)?;
    let state = tenant.begin_redirect(&return_to).await?;
    Ok(consent(&tenant, &state, &return_to))
}

/// Where the consent page leads.
#[utoipa::path(get, path = "/api/v1/auth/google/callback", tag = "fixed-cookie", security((), ("fixed" = [])), params(("state" = String, Query), ("user" = Option<String>, Query, description = "The e-mail of who was chosen; nobody: access_denied")), responses((status = 303, description = "Back to the app", headers(("Location" = String))), Invalid, (status = 403, description = "csrf_rejected, or control_forbidden", body = Refusal), (status = 404, description = "The controls are off", body = Refusal), Limited, UnreadOfAnyType, Unavailable))]
async fn callback(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    // Whoever only looks (RFC 9110 §9.3.2) is not to be signed in by that.
    if request.method() == Method::HEAD {
        return Err(
            Problem::method_not_allowed("Signing in is no matter of HEAD; use GET.")
                .with(ALLOW, HeaderValue::from_static("GET")),
        );
    }
    let (head, _) = input::read_any(request).await?;
    let cookie = SESSION.jar.read(&head.headers)?;
    let query = query(&head.uri)?;
    input::same_party(&tenant, &head.headers)?;
    control::open(&tenant, &head.headers)?;
    input::within_rate(&tenant, &head, Kind::Login)?;
    let state = query.need("state")?;
    let Some(return_to) = tenant.end_of(state).await? else {
        return Err(Problem::invalid_request(
            "The state is unknown, spent or expired; begin again at /api/v1/auth/google.",
        ));
    };
    let users = tenant.users();
    let user = match query.get("user") {
        None => return redirect(&denied(return_to)),
        Some(email) => users.by_email(email).map(|user| &user.id),
    };
    let along = tenant.token(SESSION.door, cookie.as_deref());
    let login = tenant.sign_in_as(SESSION.door, user, along.ours(), state);
    match login.await? {
        Login::Granted(grant) => {
            let mut response = redirect(&return_to)?;
            SESSION.keep(&tenant, &grant, &mut response);
            Ok(response)
        }
        Login::Denied => redirect(&denied(return_to)),
    }
}

/// Parameters of a query are read as those of a form.
fn query(uri: &Uri) -> Result<Form, Problem> {
    Form::parse(uri.query().unwrap_or_default().as_bytes())
}

/// Where the app wants its user back: on an origin whose pages may call. A path alone is one of the app's,
/// which may stand in front of us as a proxy does: of the page that leads here, or, where the browser says
/// nothing of it, of the address we were called by.
fn allowed(tenant: &Tenant, headers: &HeaderMap, text: &str) -> Result<Url, Problem> {
    if text.len() > RETURN_BYTES {
        return Err(Problem::invalid_request(
            "return_to is at most 4096 bytes long.",
        ));
    }
    let origins = &tenant.shared.origins;
    let called = || {
        let host = only(headers, HOST)?;
        let url = Url::parse(&format!("http://{host}")).ok()?;
        origins.allows_url(&url).then_some(url)
    };
    only(headers, REFERER)
        .and_then(|page| Url::parse(page).ok())
        .or_else(called)
        .map_or_else(|| Url::parse(&tenant.shared.url), Ok)
        .and_then(|base| base.join("/"))
        .and_then(|base| base.join(text))
        .ok()
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .filter(|url| origins.allows_url(url))
        .ok_or_else(|| {
            Problem::invalid_request(
                "return_to is not on an allowed origin; start the server with --allow-origin and that origin.",
            )
        })
}

/// The text of a header that came once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        (None, _) | (Some(_), Some(_)) => None,
    }
}

fn consent(tenant: &Tenant, state: &str, return_to: &Url) -> Response {
    let users = tenant.users();
    let action = escape(&format!("{}{CALLBACK}", tenant.prefix()));
    let hidden = format!("<input type=\"hidden\" name=\"state\" value=\"{state}\">");
    let buttons: String = users
        .all()
        .iter()
        .map(|user| escape(&user.email))
        .map(|email| {
            format!("<p><button name=\"user\" value=\"{email}\">Continue as {email}</button>\n")
        })
        .collect();
    let origin = escape(&return_to.origin().ascii_serialization());
    page(
        "Choose an account",
        &format!(
            "<p><code>{origin}</code> wants to know who you are. This page stands in for a provider's; it asks for no password.\n\
             <form action=\"{action}\" method=\"get\">{hidden}\n{buttons}<p><button>Cancel</button>\n</form>"
        ),
    )
}

/// Back without a session (RFC 6749 §4.1.2.1).
fn denied(mut return_to: Url) -> Url {
    return_to
        .query_pairs_mut()
        .append_pair("error", "access_denied");
    return_to
}

fn redirect(url: &Url) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(url.as_str())
        .map_err(|_| Problem::invalid_request("return_to cannot be a header's value."))?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}
