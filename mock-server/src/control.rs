//! `/__mock/`: how a test in any language moves the clock, sets faults and looks inside.
//!
//! Whoever reaches these can sign in as anybody. So they answer only to this machine and to the pages
//! that may call, they take nothing but JSON, which no form of a foreign page can send, and the server
//! does not start with them on an address that others can reach, unless it is told to.

use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, Request};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::clock::Clock;
use crate::counters::Counters;
use crate::domain::{User, UserId, Users};
use crate::faults::Rule;
use crate::journal::Entry;
use crate::origin::Caller;
use crate::routes::answer::Problem;
use crate::routes::document::{Closed, Unavailable, Unread, Wrong};
use crate::routes::view::Success;
use crate::routes::{At, input};
use crate::secret::Secret;
use crate::tenant::{FamilyView, Tenant};

/// The farthest the clock is moved in one step: a hundred years, in seconds.
const FARTHEST: f64 = 100.0 * 366.0 * 24.0 * 60.0 * 60.0;

pub(crate) fn routes() -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(reset))
        .routes(routes!(clock, move_clock))
        .routes(routes!(faults, set_faults))
        .routes(routes!(counters))
        .routes(routes!(requests))
        .routes(routes!(families))
        .routes(routes!(expire))
        .routes(routes!(users, set_users))
        .route_layer(middleware::from_fn(guard))
}

/// Refuses whoever is not meant.
pub(crate) async fn guard(Extension(tenant): At, request: Request, next: Next) -> Response {
    if let Err(problem) = open(&tenant, request.headers()) {
        return problem.into_response();
    }
    match tenant.shared.origins.caller(request.headers()) {
        Caller::Foreign => forbidden(
            "Pages of this origin may not; start the server with --allow-origin and theirs.",
        )
        .into_response(),
        Caller::Unnamed | Caller::Allowed(_) => next.run(request).await,
    }
}

/// Whether there are controls, and the server is addressed by a name of its own.
pub(crate) fn open(tenant: &Tenant, headers: &HeaderMap) -> Result<(), Problem> {
    let shared = &tenant.shared;
    if !shared.control {
        return Err(Problem::not_found(
            "The controls are off; start the server without --no-control.",
        ));
    }
    if !shared.any_host && !shared.origins.is_own_host(headers) {
        return Err(forbidden(
            "Address the server by a loopback name, or start it with --control-anywhere.",
        ));
    }
    Ok(())
}

fn forbidden(text: &'static str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "control_forbidden", text)
}

/// The account with this e-mail address, which came in this field.
pub(crate) fn account<'a>(users: &'a Users, field: &str, email: &str) -> Result<&'a User, Problem> {
    users.by_email(email).ok_or_else(|| {
        wrong(format!(
            "{field}: nobody has this e-mail address; GET /__mock/users lists them."
        ))
    })
}

/// Forgets everything of this tenant.
#[utoipa::path(post, path = "/__mock/reset", tag = "controls", responses((status = 200, description = "Done", body = Success), Unread, Closed, Unavailable))]
async fn reset(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    // Whatever JSON comes along means nothing here.
    input::read(request).await?;
    tenant.reset().await?;
    Ok(Success::response())
}

/// What the clock says.
#[utoipa::path(get, path = "/__mock/clock", tag = "controls", responses((status = 200, description = "As it is now", body = Time), Closed))]
async fn clock(Extension(tenant): At) -> Response {
    time(tenant.clock())
}

/// Moves the clock forward, or the Date header away from it.
#[utoipa::path(post, path = "/__mock/clock", tag = "controls", request_body = Movement, responses((status = 200, description = "As it is now", body = Time), Wrong, Unread, Closed))]
async fn move_clock(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let movement: Movement = body(request).await?;
    let advance = match movement.advance {
        None => Duration::ZERO,
        Some(seconds) if (0.0..=FARTHEST).contains(&seconds) => Duration::from_secs_f64(seconds),
        Some(_) => {
            return Err(wrong(
                "advance: seconds from 0 to a hundred years; the clock does not go back, but reset puts it back.",
            ));
        }
    };
    tenant.clock().advance(advance);
    if let Some(seconds) = movement.skew_date_header {
        tenant.clock().skew_date_header(seconds);
    }
    Ok(time(tenant.clock()))
}

/// The faults.
#[utoipa::path(get, path = "/__mock/faults", tag = "controls", responses((status = 200, description = "As it is now", body = [Rule]), Closed))]
async fn faults(Extension(tenant): At) -> Response {
    Json(tenant.faults().rules()).into_response()
}

/// Replaces the faults; the first rule that matches acts.
#[utoipa::path(put, path = "/__mock/faults", tag = "controls", request_body = [Rule], responses((status = 200, description = "As it is now", body = [Rule]), Wrong, Unread, Closed))]
async fn set_faults(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let rules: Vec<Rule> = list(request).await?;
    tenant.faults().set(rules);
    Ok(Json(tenant.faults().rules()).into_response())
}

/// What was answered, counted.
#[utoipa::path(get, path = "/__mock/counters", tag = "controls", responses((status = 200, description = "As it is now", body = Counters), Closed))]
async fn counters(Extension(tenant): At) -> Json<Counters> {
    Json(tenant.counters())
}

/// The last 1,000 requests.
#[utoipa::path(get, path = "/__mock/requests", tag = "controls", responses((status = 200, description = "As it is now", body = [Entry]), Closed))]
async fn requests(Extension(tenant): At) -> Json<Vec<Entry>> {
    Json(tenant.requests())
}

/// Every family and its state.
#[utoipa::path(get, path = "/__mock/families", tag = "controls", responses((status = 200, description = "As it is now", body = [FamilyView]), Closed, Unavailable))]
async fn families(Extension(tenant): At) -> Result<Json<Vec<FamilyView>>, Problem> {
    Ok(Json(tenant.families().await?))
}

/// What was issued so far counts as expired.
#[utoipa::path(post, path = "/__mock/expire", tag = "controls", request_body = Expiry, responses((status = 200, description = "Done", body = Success), Wrong, Unread, Closed, Unavailable))]
async fn expire(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let order: Expiry = body(request).await?;
    let users = tenant.users();
    let user = match order.user {
        None => None,
        Some(email) => Some(account(&users, "user", &email)?.id.clone()),
    };
    match order.tokens {
        Tokens::Access => tenant.expire_access(user.as_ref()),
        Tokens::Refresh => tenant.expire_refresh(user.as_ref()).await?,
    }
    Ok(Success::response())
}

/// The accounts.
#[utoipa::path(get, path = "/__mock/users", tag = "controls", responses((status = 200, description = "As it is now", body = [User]), Closed))]
async fn users(Extension(tenant): At) -> Response {
    Json(tenant.users().all()).into_response()
}

/// Replaces the accounts; who is not among them is gone.
#[utoipa::path(put, path = "/__mock/users", tag = "controls", request_body = [Account], responses((status = 200, description = "As it is now", body = [User]), Wrong, Unread, Closed))]
async fn set_users(Extension(tenant): At, request: Request) -> Result<Response, Problem> {
    let accounts: Vec<Account> = list(request).await?;
    tenant.set_users(settle(&tenant, accounts)?);
    Ok(Json(tenant.users().all()).into_response())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Movement {
    advance: Option<f64>,
    skew_date_header: Option<i64>,
}

#[derive(Serialize, ToSchema)]
struct Time {
    now: u64,
    offset: u64,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Expiry {
    tokens: Tokens,
    user: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Tokens {
    Access,
    Refresh,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Account {
    #[schema(value_type = Option<String>)]
    id: Option<UserId>,
    email: String,
    #[schema(value_type = String)]
    password: Secret,
    #[serde(default = "plain")]
    role: String,
    #[serde(default = "yes")]
    active: bool,
}

fn plain() -> String {
    "user".to_owned()
}

fn yes() -> bool {
    true
}

/// The accounts as they will be: everyone has an id, and nobody shares one, or an address.
fn settle(tenant: &Tenant, accounts: Vec<Account>) -> Result<Vec<User>, Problem> {
    let before = tenant.users();
    let mut users: Vec<User> = Vec::with_capacity(accounts.len());
    for account in accounts {
        let known = || before.by_email(&account.email).map(|user| user.id.clone());
        let id = account
            .id
            .or_else(known)
            .unwrap_or_else(|| tenant.next_user());
        if users.iter().any(|other| other.email == account.email) {
            return Err(wrong(
                "email: two users share one; give each an address of its own.",
            ));
        }
        if users.iter().any(|other| other.id == id) {
            return Err(wrong(
                "id: two users share one; give each an id of its own, or none.",
            ));
        }
        let Account {
            email,
            password,
            role,
            active,
            ..
        } = account;
        users.push(User {
            id,
            email,
            password,
            role,
            active,
        });
    }
    Ok(users)
}

fn time(clock: &Clock) -> Response {
    Json(Time {
        now: clock.seconds(),
        offset: clock.offset().as_secs(),
    })
    .into_response()
}

fn wrong(text: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_control", text)
}

/// The JSON of an order.
pub(crate) async fn body<T: DeserializeOwned>(request: Request) -> Result<T, Problem> {
    let (_, body) = input::read(request).await?;
    input::json(&body).map_err(wrong)
}

/// The same of one that is a list.
async fn list<T: DeserializeOwned>(request: Request) -> Result<Vec<T>, Problem> {
    let (_, body) = input::read(request).await?;
    input::json_list(&body).map_err(wrong)
}
