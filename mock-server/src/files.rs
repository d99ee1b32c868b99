//! Files at `/`, for a page that lives with its backend.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};

use crate::routes::answer::Problem;

const NOTHING_HERE: &str = "Nothing is here; GET / names the endpoints.";

/// A folder to serve, or none.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    #[cfg(feature = "server")]
    folder: Option<tower_http::services::ServeDir>,
}

impl Files {
    pub(crate) fn none() -> Self {
        Self {
            #[cfg(feature = "server")]
            folder: None,
        }
    }

    /// Whether there is no folder.
    pub(crate) fn is_none(&self) -> bool {
        #[cfg(feature = "server")]
        return self.folder.is_none();
        #[cfg(not(feature = "server"))]
        return true;
    }

    #[cfg(feature = "server")]
    pub(crate) fn of(folder: Option<&std::path::Path>) -> Self {
        Self {
            folder: folder.map(tower_http::services::ServeDir::new),
        }
    }

    #[cfg(not(feature = "server"))]
    pub(crate) async fn serve(self, _: Request) -> Response {
        Problem::not_found(NOTHING_HERE).into_response()
    }

    /// A file, or 404. Browsers keep files but ask each time whether they are still good: what is being
    /// worked on changes.
    #[cfg(feature = "server")]
    pub(crate) async fn serve(self, request: Request) -> Response {
        use axum::http::header::{ALLOW, CACHE_CONTROL};
        use axum::http::{HeaderValue, Method, StatusCode};
        use tower::ServiceExt;

        let Some(folder) = self.folder else {
            return Problem::not_found(NOTHING_HERE).into_response();
        };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Problem::method_not_allowed("Files are only read; use GET.")
                .with(ALLOW, HeaderValue::from_static("GET, HEAD"))
                .into_response();
        }
        let mut response = folder.oneshot(request).await.into_response();
        if response.status() == StatusCode::NOT_FOUND {
            return Problem::not_found("There is no such file in the served folder.")
                .into_response();
        }
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
}
