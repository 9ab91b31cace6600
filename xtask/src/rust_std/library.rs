//! A standard library as a folder: `lib/` with the crates, `licences/`, and where it is from; makes none.
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// How a standard library was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Road {
    /// Rust's own build, as rustup installed it.
    Rustup,
    /// Compiled here, by the compiler of the packages.
    Packages,
}

/// Which compiler a standard library fits, and where it is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Origin {
    /// What `rustc --version` prints: crates fit no other compiler.
    pub rustc: String,
    /// How it was come by.
    pub road: Road,
    /// SHA-256 of the component that rustup unpacked; none for the other road, whose inputs are pinned.
    pub component_sha256: Option<String>,
}

/// A folder that holds a standard library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardLibrary {
    folder: PathBuf,
}

const ORIGIN: &str = "origin.json";

impl StandardLibrary {
    /// The one in `folder`.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Its crates.
    #[must_use]
    pub fn crates(&self) -> PathBuf {
        self.folder.join("lib")
    }

    /// Its licences.
    #[must_use]
    pub fn licences(&self) -> PathBuf {
        self.folder.join("licences")
    }

    /// Where it is from.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn origin(&self) -> anyhow::Result<Origin> {
        Origin::read(&self.folder.join(ORIGIN))
    }

    /// Records where it is from.
    pub(super) fn write_origin(&self, origin: &Origin) -> anyhow::Result<()> {
        origin.write(&self.folder.join(ORIGIN))
    }
}

impl Origin {
    /// Reads a record.
    ///
    /// # Errors
    /// When it is not there or is no such record.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("reading `{}`", path.display()))
    }

    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self).context("writing where a library is from")?;
        std::fs::write(path, format!("{text}\n")).with_context(|| format!("writing `{}`", path.display()))
    }

    /// The version alone, such as `1.95.0`.
    #[must_use]
    pub fn version(&self) -> &str {
        self.rustc.split_whitespace().nth(1).unwrap_or(&self.rustc)
    }
}
