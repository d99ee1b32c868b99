//! Files of one folder, and of no other: a symbolic link that leads out of it leads nowhere. Nor is a pipe a
//! file, whose end might never come.
//!
//! Where a link leads is asked of the system at each request, the folder's own too: what is being worked on
//! is built anew, and a folder may be a link to the newest of several.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use tower_http::services::fs::{Backend, TokioBackend, TokioFile};

/// The files below this folder.
#[derive(Clone, Debug)]
pub(crate) struct Within(pub(crate) PathBuf);

type Found<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

impl Backend for Within {
    type File = TokioFile;
    type Metadata = std::fs::Metadata;
    type OpenFuture = Found<TokioFile>;
    type MetadataFuture = Found<std::fs::Metadata>;

    fn open(&self, path: PathBuf) -> Self::OpenFuture {
        let folder = self.0.clone();
        Box::pin(async move { TokioBackend.open(followed(&folder, &path).await?).await })
    }

    fn metadata(&self, path: PathBuf) -> Self::MetadataFuture {
        let folder = self.0.clone();
        Box::pin(async move { TokioBackend.metadata(followed(&folder, &path).await?).await })
    }
}

/// The path without links, if it is in the folder.
async fn followed(folder: &Path, path: &Path) -> io::Result<PathBuf> {
    let folder = tokio::fs::canonicalize(folder).await?;
    let path = tokio::fs::canonicalize(path).await?;
    let kind = tokio::fs::metadata(&path).await?;
    if path.starts_with(folder) && (kind.is_file() || kind.is_dir()) {
        Ok(path)
    } else {
        Err(io::ErrorKind::NotFound.into())
    }
}
