//! What a fault does to an exchange.

use std::future::poll_fn;
use std::task::Poll;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use serde_json::json;

use super::{Do, Fault, When};
use crate::tenant::Tenant;

/// Marks a response in place of which the connection is dropped. The server does that; through
/// `oneshot` there is no connection, and the mark is all there is.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionDropped;

/// The most of an answer that is held in memory to be cut in two. Nothing we make comes near it; a
/// larger file is cut to nothing.
const LARGEST: usize = 16 * 1024 * 1024;

/// Serves a request and spoils it.
pub(crate) async fn serve<F>(
    tenant: &Tenant,
    fault: Fault,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    match (fault.when, &fault.action) {
        (When::Before, Do::Delay(ms)) => {
            tenant.sleep(Do::delay(*ms)).await;
            next(request).await
        }
        (When::Before, _) => spoil(tenant, &fault.action, made_up()).await,
        (When::After, _) => spoil(tenant, &fault.action, next(request).await).await,
    }
}

async fn spoil(tenant: &Tenant, action: &Do, answer: Response) -> Response {
    match action {
        Do::Status {
            status,
            retry_after,
        } => status_only(*status, *retry_after),
        Do::Delay(ms) => {
            tenant.sleep(Do::delay(*ms)).await;
            answer
        }
        Do::Hang => {
            tenant.shared.stopped().await;
            dropped()
        }
        Do::Reset => dropped(),
        Do::Truncate => truncated(answer).await,
        Do::Garbage => (
            [(CONTENT_TYPE, "application/json")],
            "{\"accessToken\":]]>\u{fffd}",
        )
            .into_response(),
        Do::ContentType(name) => {
            let mut answer = answer;
            if let Ok(value) = HeaderValue::from_str(name) {
                answer.headers_mut().insert(CONTENT_TYPE, value);
            }
            answer
        }
    }
}

/// What is spoiled where nothing was served: as a proxy would have it that never asked us.
fn made_up() -> Response {
    axum::Json(json!({ "notice": "This answer was made up by a fault rule; nothing was served." }))
        .into_response()
}

/// Its code is one no client knows, so the status is all there is to go by.
fn status_only(status: u16, retry_after: Option<u64>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = "A fault rule answers here; PUT [] to /__mock/faults to behave again.";
    let body = json!({ "error": "fault_injected", "error_description": text });
    let empty = matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    );
    let mut response = if empty {
        status.into_response()
    } else {
        (status, axum::Json(body)).into_response()
    };
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn dropped() -> Response {
    let mut response = StatusCode::BAD_GATEWAY.into_response();
    response.extensions_mut().insert(ConnectionDropped);
    response
}

/// The head as it was, with the length it promised; then half of the body; then nothing.
async fn truncated(answer: Response) -> Response {
    let (mut head, body) = answer.into_parts();
    let whole = axum::body::to_bytes(body, LARGEST)
        .await
        .unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    head.headers
        .entry(CONTENT_LENGTH)
        .or_insert_with(|| whole.len().into());
    let broken =
        stream::once(pause()).map(|()| Err(std::io::Error::other("cut off by a fault rule")));
    let body = stream::iter([Ok::<Bytes, std::io::Error>(half)]).chain(broken);
    Response::from_parts(head, Body::from_stream(body))
}

/// Lets the half that was given go out before the connection breaks.
async fn pause() {
    let mut waited = false;
    poll_fn(|context| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
