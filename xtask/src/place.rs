//! Where things are.
//!
//! Asked of cargo once, so that a target folder of one's own (`CARGO_TARGET_DIR`) is honoured and the
//! command works from any folder inside the repository.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::files;
use crate::run;
use crate::say::{self, Done, Stop};

/// The repository and its target folder.
#[derive(Deserialize)]
pub(crate) struct Place {
    #[serde(rename = "workspace_root")]
    root: PathBuf,
    #[serde(rename = "target_directory")]
    target: PathBuf,
}

impl Place {
    /// Asks cargo.
    pub(crate) fn find() -> Done<Self> {
        let json = run::cargo()
            .args([
                "metadata",
                "--format-version",
                "1",
                "--no-deps",
                "--offline",
            ])
            .quiet()?
            .or_stop("Run this inside the repository.")?;
        serde_json::from_str(&json)
            .map_err(|error| Stop::new(format!("`cargo metadata` answered strangely: {error}.")))
    }

    /// The repository.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The npm package.
    pub(crate) fn npm(&self) -> PathBuf {
        self.root.join("npm")
    }

    /// Cargo's target folder.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// What this command itself keeps in the target folder.
    pub(crate) fn kept(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// Waits until no other `cargo xtask` builds here; the turn ends when the file is dropped.
    pub(crate) fn turn(&self) -> Done<File> {
        let path = self.kept().join("turn");
        let failed = |error| Stop::io("lock", &path, &error);
        files::write(&path, b"")?;
        let file = File::open(&path).map_err(failed)?;
        if file.try_lock().is_err() {
            say::note("Waiting for another `cargo xtask` to finish building.");
            file.lock().map_err(failed)?;
        }
        Ok(file)
    }

    /// A program that came with the npm package's development dependencies.
    pub(crate) fn npm_bin(&self, name: &str) -> PathBuf {
        self.npm().join("node_modules/.bin").join(name)
    }

    /// A repository of a test's own.
    #[cfg(test)]
    pub(crate) fn of_a_test(root: PathBuf) -> Self {
        Self {
            target: root.join("target"),
            root,
        }
    }
}
