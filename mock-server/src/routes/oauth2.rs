//! The contract `oauth2`: a token endpoint (RFC 6749 §3.2) for the password grant (§4.3) and the
//! refresh grant (§6), with both tokens in the body, and revocation (RFC 7009). Clients are public: what
//! they call themselves is believed, and binds their tokens.

use axum::Json;
use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::{self, Problem, Refusal};
use super::document::{Invalid, Limited, Superseded, Unavailable, Unread};
use super::form::Form;
use super::{At, input};
use crate::domain::Contract;
use crate::journal::EntryId;
use crate::limits::Kind;
use crate::secret::Secret;
use crate::service::{Door, Grant, Login, Renewal, Token};
use crate::tenant::Tenant;

/// The client that names none.
const CLIENT: &str = "spa";

/// The longest `client_id`, in bytes: it is part of every token.
const CLIENT_BYTES: usize = 256;

/// The one scope there is.
const SCOPE: &str = "api";

pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(token))
        .routes(routes!(revoke))
}

/// What the form of a token request has; read by hand, so that a parameter that comes twice is seen.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is a description")]
struct TokenRequest {
    /// `password` or `refresh_token`.
    grant_type: String,
    username: Option<String>,
    password: Option<String>,
    refresh_token: Option<String>,
    /// Whatever the client calls itself.
    client_id: Option<String>,
    /// `api`, or nothing.
    scope: Option<String>,
}

/// What the form of a revocation has.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is a description")]
struct RevokeRequest {
    token: String,
    token_type_hint: Option<String>,
    client_id: Option<String>,
}

/// RFC 6749 §5.1, and the refresh key.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
struct TokenView {
    #[schema(value_type = String)]
    access_token: Secret,
    token_type: &'static str,
    expires_in: u64,
    #[schema(value_type = String)]
    refresh_token: Secret,
    #[schema(value_type = String)]
    refresh_key: Secret,
    scope: &'static str,
}

/// A password, or a refresh token, for a pair of tokens.
#[utoipa::path(post, path = "/auth/token", tag = "oauth2", params(("Idempotency-Key" = Option<String>, Header, description = "The newest refresh key, or any text of 1 to 256 bytes")), request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"), responses((status = 200, description = "Granted", body = TokenView), (status = 400, description = "RFC 6749 §5.2: invalid_request, invalid_grant (with a reason, if the session is over), unsupported_grant_type or invalid_scope", body = Refusal), Superseded, Limited, Unread, Unavailable))]
async fn token(
    Extension(tenant): At,
    Extension(entry): Extension<EntryId>,
    request: Request,
) -> Result<Response, Problem> {
    let (head, form) = input::read_form(request).await?;
    let key = input::idempotency_key(&head.headers)?;
    let door = Door {
        contract: Contract::Oauth2,
        client: client(&form)?.unwrap_or(CLIENT),
    };
    match form.need("grant_type")? {
        "password" => {
            input::within_rate(&tenant, &head, Kind::Login)?;
            password(&tenant, door, &form).await
        }
        "refresh_token" => {
            input::within_rate(&tenant, &head, Kind::Refresh)?;
            refresh(&tenant, door, entry, &form, key).await
        }
        _ => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "grant_type is password or refresh_token.",
        )),
    }
}

async fn password(tenant: &Tenant, door: Door<'_>, form: &Form) -> Result<Response, Problem> {
    let password = Secret::new(form.need("password")?);
    let who = (form.need("username")?, &password);
    scope(form)?;
    match tenant.sign_in(door, who, None).await? {
        Login::Granted(grant) => Ok(granted(*grant)),
        Login::Denied => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid_grant",
            "Wrong username or password, or the user is inactive; try user@example.com with \"password\".",
        )),
    }
}

async fn refresh(
    tenant: &Tenant,
    door: Door<'_>,
    entry: EntryId,
    form: &Form,
    key: Option<&[u8]>,
) -> Result<Response, Problem> {
    let token = Token::read(door, tenant.note(entry, form.need("refresh_token")?));
    if token.ours().is_some() {
        scope(form)?;
    }
    match tenant.renew(door, &token, key).await? {
        Renewal::Granted(grant) => Ok(granted(*grant)),
        Renewal::Superseded => Err(answer::superseded()),
        Renewal::Denied(denial) => Err(answer::denied(StatusCode::BAD_REQUEST, denial)),
    }
}

/// Ends the session of a refresh token; one that is none of ours is no error (RFC 7009 §2.2).
#[utoipa::path(post, path = "/auth/revoke", tag = "oauth2", request_body(content = RevokeRequest, content_type = "application/x-www-form-urlencoded"), responses((status = 200, description = "Whatever the token was, it is good for nothing now"), Invalid, Unread, Unavailable))]
async fn revoke(
    Extension(tenant): At,
    Extension(entry): Extension<EntryId>,
    request: Request,
) -> Result<Response, Problem> {
    let (_, form) = input::read_form(request).await?;
    let client = client(&form)?;
    let claims = tenant.note(entry, form.need("token")?);
    tenant.revoke(Contract::Oauth2, client, claims).await?;
    Ok(StatusCode::OK.into_response())
}

/// The refresh token in the body of a request to either endpoint.
pub(crate) fn token_in(body: &[u8]) -> Option<String> {
    let form = Form::parse(body).ok()?;
    let token = form.get("refresh_token").or_else(|| form.get("token"))?;
    Some(token.to_owned())
}

fn granted(grant: Grant) -> Response {
    Json(TokenView {
        access_token: grant.access,
        token_type: "Bearer",
        expires_in: grant.expires_in,
        refresh_token: grant.refresh,
        refresh_key: grant.refresh_key,
        scope: SCOPE,
    })
    .into_response()
}

fn client(form: &Form) -> Result<Option<&str>, Problem> {
    match form.get("client_id") {
        Some(client) if client.len() > CLIENT_BYTES => Err(Problem::invalid_request(
            "client_id is at most 256 bytes long.",
        )),
        client => Ok(client),
    }
}

/// Nobody gets more than there is (RFC 6749 §3.3, §6).
fn scope(form: &Form) -> Result<(), Problem> {
    let asked = form.get("scope").unwrap_or(SCOPE);
    if asked.split(' ').all(|scope| scope == SCOPE) {
        Ok(())
    } else {
        Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid_scope",
            "The only scope is api; ask for it, or for none.",
        ))
    }
}
