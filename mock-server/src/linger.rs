//! What a client still sends while it has its answer already.
//!
//! Many refusals need no body: a wrong method, too large, a fault. If the connection were closed with some of it
//! unread, the system would take the answer back from a client that is still sending. So the rest is read and
//! thrown away, for a while.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::EXPECT;

/// How long: a page or a test that sends so much sends it quickly.
const LINGER: Duration = Duration::from_secs(5);

/// The body of a request. Whoever drops it before its end need not care for the rest.
pub(crate) struct Lingering {
    body: Option<Incoming>,
    /// Whether the client waits to be told to send it (RFC 9110 §10.1.1). Then there is no rest: to read is
    /// to ask for it.
    waits: bool,
}

/// The request, with such a body.
pub(crate) fn lingering(request: hyper::Request<Incoming>) -> hyper::Request<Lingering> {
    let waits = request.headers().contains_key(EXPECT);
    request.map(|body| Lingering {
        body: Some(body),
        waits,
    })
}

impl Body for Lingering {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body
            .as_ref()
            .map_or_else(SizeHint::default, Incoming::size_hint)
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        let rest = self.body.take();
        let rest = rest.filter(|body| !self.waits && !body.is_end_stream());
        // Without a runtime there is no connection any more.
        if let (Some(rest), Ok(runtime)) = (rest, tokio::runtime::Handle::try_current()) {
            runtime.spawn(tokio::time::timeout(LINGER, discard(rest)));
        }
    }
}

async fn discard(mut rest: Incoming) {
    while let Some(Ok(_)) = rest.frame().await {}
}
