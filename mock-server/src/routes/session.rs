//! What the contracts have in common that keep their refresh token in a cookie.

use axum::Json;
use axum::extract::Request;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use super::answer::{self, Problem};
use super::cookies::Jar;
use super::input;
use super::view::{AccessView, Credentials, Success};
use crate::domain::LogoutScope;
use crate::limits::Kind;
use crate::service::{Denial, Door, Grant, Login};
use crate::tenant::Tenant;

/// A contract's door and its cookie.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    pub(crate) door: Door<'static>,
    pub(crate) jar: Jar,
}

impl Session {
    /// E-mail and password for a session. The family whose cookie comes along gives way to it.
    pub(crate) async fn login(self, tenant: &Tenant, request: Request) -> Result<Grant, Problem> {
        let (head, body) = input::read(request).await?;
        let cookie = self.jar.read(&head.headers)?;
        input::same_party(tenant, &head.headers)?;
        input::within_rate(tenant, &head, Kind::Login)?;
        let credentials: Credentials = input::json(&body).map_err(|wrong| {
            Problem::invalid_request(format!(
                "{wrong} Send {{\"email\":\"…\",\"password\":\"…\"}}."
            ))
        })?;
        let along = tenant.token(self.door, cookie.as_deref());
        let who = (credentials.email.as_str(), &credentials.password);
        match tenant.sign_in(self.door, who, along.ours()).await? {
            Login::Granted(grant) => Ok(*grant),
            Login::Denied => Err(answer::wrong_password()),
        }
    }

    /// The same, where the body of the answer has the access token and nothing else.
    pub(crate) async fn login_for_access(
        self,
        tenant: &Tenant,
        request: Request,
    ) -> Result<Response, Problem> {
        let grant = self.login(tenant, request).await?;
        let mut response = Json(AccessView {
            access_token: grant.access.clone(),
        })
        .into_response();
        self.keep(tenant, &grant, &mut response);
        Ok(response)
    }

    /// Signs out as far as `?scope=` says, else as far as is `usual`.
    pub(crate) async fn logout(
        self,
        tenant: &Tenant,
        request: Request,
        usual: LogoutScope,
    ) -> Result<Response, Problem> {
        let (head, _) = input::read(request).await?;
        let cookie = self.jar.read(&head.headers)?;
        input::same_party(tenant, &head.headers)?;
        let scope = scope(&head.uri, usual)?;
        let token = tenant.token(self.door, cookie.as_deref());
        tenant.sign_out(self.door, &token, scope).await?;
        let mut response = Success::response();
        match scope {
            LogoutScope::Local | LogoutScope::Global => {
                set(response.headers_mut(), self.jar.clear(tenant));
            }
            LogoutScope::Others => {}
        }
        Ok(response)
    }

    /// Puts the refresh token into its cookie.
    pub(crate) fn keep(self, tenant: &Tenant, grant: &Grant, response: &mut Response) {
        let cookie = self
            .jar
            .set(tenant, &grant.refresh, grant.refresh_expires_in);
        set(response.headers_mut(), cookie);
    }

    /// A refusal clears the cookie, unless there was none, or the request carried a key: such a one may
    /// be answered after a newer login, whose cookie it would delete.
    pub(crate) fn refused(
        self,
        tenant: &Tenant,
        status: StatusCode,
        denial: Denial,
        keyed: bool,
    ) -> Problem {
        let clear = match denial {
            Denial::Missing => false,
            Denial::Unknown | Denial::Ended(_) => !keyed,
        };
        let problem = answer::denied(status, denial);
        match self.jar.clear(tenant).filter(|_| clear) {
            Some(cookie) => problem.with(SET_COOKIE, cookie),
            None => problem,
        }
    }
}

fn set(headers: &mut HeaderMap, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        headers.append(SET_COOKIE, cookie);
    }
}

/// How far a logout reaches.
pub(crate) fn scope(uri: &Uri, usual: LogoutScope) -> Result<LogoutScope, Problem> {
    let query = uri.query().unwrap_or_default();
    let mut scopes = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "scope");
    let wrong = || Problem::invalid_request("scope is local, others or global, and given once.");
    match (scopes.next(), scopes.next()) {
        (None, _) => Ok(usual),
        (Some((_, scope)), None) => match scope.as_ref() {
            "local" => Ok(LogoutScope::Local),
            "others" => Ok(LogoutScope::Others),
            "global" => Ok(LogoutScope::Global),
            _ => Err(wrong()),
        },
        (Some(_), Some(_)) => Err(wrong()),
    }
}
