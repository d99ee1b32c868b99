//! Where things are.
//!
//! Asked of cargo once, so that a target folder of one's own (`CARGO_TARGET_DIR`) is honoured and the
//! command works from any folder inside the repository.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::run;
use crate::say::{Done, Stop};

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

    /// A program that came with the npm package's development dependencies.
    pub(crate) fn npm_bin(&self, name: &str) -> PathBuf {
        self.npm().join("node_modules/.bin").join(name)
    }
}
