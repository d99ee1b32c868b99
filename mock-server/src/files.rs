//! Files at `/`, for a page that lives with its backend.

#[cfg(feature = "server")]
mod within;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};

use crate::routes::answer::Problem;

const NOTHING_HERE: &str = "Nothing is here; GET / names the endpoints.";

#[cfg(feature = "server")]
type ServeDir = tower_http::services::ServeDir<
    tower_http::services::fs::DefaultServeDirFallback,
    within::Within,
>;

/// A folder to serve, or none.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    #[cfg(feature = "server")]
    folder: Option<ServeDir>,
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
            folder: folder
                .map(|folder| ServeDir::with_backend(folder, within::Within(folder.to_owned()))),
        }
    }

    #[cfg(not(feature = "server"))]
    pub(crate) async fn serve(self, _: Request) -> Response {
        Problem::not_found(NOTHING_HERE).into_response()
    }

    /// A file, or 404. Browsers keep files but ask each time whether they are still good: what is being
    /// worked on changes. A type is what its name says, whatever a browser would make of the content.
    #[cfg(feature = "server")]
    pub(crate) async fn serve(self, request: Request) -> Response {
        use axum::http::header::{ALLOW, CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
        use axum::http::{HeaderValue, Method, StatusCode};

        let Some(mut folder) = self.folder else {
            return Problem::not_found(NOTHING_HERE).into_response();
        };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Problem::method_not_allowed("Files are only read; use GET.")
                .with(ALLOW, HeaderValue::from_static("GET, HEAD"))
                .into_response();
        }
        let found = match folder.try_call(request).await {
            Err(error) if is_absent(error.kind()) => None,
            Err(error) => {
                tracing::warn!(%error, "a file could not be read");
                Some(StatusCode::INTERNAL_SERVER_ERROR.into_response())
            }
            Ok(response) if response.status() == StatusCode::NOT_FOUND => None,
            Ok(response) => Some(response.into_response()),
        };
        let Some(mut response) = found else {
            return Problem::not_found("There is no such file in the served folder.")
                .into_response();
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

/// Whether there is no such file, at least not for us: also where no file can have that name.
#[cfg(feature = "server")]
fn is_absent(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind;
    matches!(
        kind,
        ErrorKind::NotFound
            | ErrorKind::PermissionDenied
            | ErrorKind::NotADirectory
            | ErrorKind::InvalidFilename
    )
}
