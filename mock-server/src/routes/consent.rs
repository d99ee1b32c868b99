//! `fixed-cookie`'s login by redirect, with a provider of the mock's own.
//!
//! ```text
//!  app ──▶ /api/v1/auth/google?return_to=… ──▶ the consent page, which knows a `state`
//!                                                      │ somebody chooses an account
//!  app ◀── return_to, and the cookie is there ◀── /callback?state=…&user=…
//! ```
//! The page signs in as anybody without a password, so it is there only where the controls are. The
//! first step is a navigation from any site and changes nothing; the callback obeys the Origin rule and
//! takes a `state` that this server made and that is good once (RFC 6749 §10.12).

use axum::extract::{Extension, Request};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode, Uri};
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

pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(start))
        .routes(routes!(callback))
}

/// The consent page of a login by redirect.
#[utoipa::path(get, path = "/api/v1/auth/google", tag = "fixed-cookie", params(("return_to" = String, Query, description = "Where the app wants its user back; on an allowed origin")), responses((status = 200, description = "The consent page", body = String, content_type = "text/html"), Invalid, Closed, UnreadOfAnyType, Unavailable))]
async fn start(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read_any(request).await?;
    control::open(&tenant, &head.headers)?;
    let query = query(&head.uri)?;
    let return_to = allowed(&tenant, query.need("return_to")?)?;
    let state = tenant.begin_redirect(&return_to).await?;
    Ok(consent(&tenant, &state, &return_to))
}

/// Where the consent page leads.
#[utoipa::path(get, path = "/api/v1/auth/google/callback", tag = "fixed-cookie", security((), ("fixed" = [])), params(("state" = String, Query), ("user" = Option<String>, Query, description = "The e-mail of who was chosen; nobody: access_denied")), responses((status = 303, description = "Back to the app", headers(("Location" = String))), Invalid, (status = 403, description = "csrf_rejected, or control_forbidden", body = Refusal), (status = 404, description = "The controls are off", body = Refusal), Limited, UnreadOfAnyType, Unavailable))]
async fn callback(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let (head, _) = input::read_any(request).await?;
    let cookie = SESSION.jar.read(&head.headers)?;
    let query = query(&head.uri)?;
    input::same_party(&tenant, &head.headers)?;
    control::open(&tenant, &head.headers)?;
    input::within_rate(&tenant, &head, Kind::Login)?;
    let Some(return_to) = tenant.end_redirect(query.need("state")?).await? else {
        return Err(Problem::invalid_request(
            "The state is unknown, spent or expired; begin again at /api/v1/auth/google.",
        ));
    };
    let users = tenant.users();
    let user = match query.get("user") {
        None => return redirect(&denied(return_to)),
        Some(email) => users.by_email(email).map(|user| &user.id),
    };
    let along = cookie.and_then(|token| tenant.own(SESSION.door, &token));
    let login = tenant.sign_in_as(SESSION.door, user, along.as_ref());
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

/// Where the app wants its user back: on an origin whose pages may call. What is not a whole URL is a
/// path of this server.
fn allowed(tenant: &Tenant, text: &str) -> Result<Url, Problem> {
    Url::parse(&tenant.url())
        .and_then(|own| own.join(text))
        .ok()
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .filter(|url| tenant.shared.origins.allows_url(url))
        .ok_or_else(|| {
            Problem::invalid_request(
                "return_to is not on an allowed origin; start the server with --allow-origin and that origin.",
            )
        })
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
