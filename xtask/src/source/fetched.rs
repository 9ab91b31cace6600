//! What is asked of the fetcher and what it gives back, as plain values; fetches nothing.
use std::path::PathBuf;
use std::time::Duration;

use super::client::Clients;
use crate::manifest::{Kind, Role};

/// How to fetch.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// Folder of the content-addressed cache.
    pub cache: PathBuf,
    /// Folder of files by digest, searched before any network.
    pub distfiles: Option<PathBuf>,
    /// Use the cache and the digest folder only.
    pub offline: bool,
    /// Downloads at the same time, at least 1.
    pub jobs: usize,
    /// Show progress on standard error when it is a terminal.
    pub progress: bool,
    /// The ecosystems' own programs and their environment.
    pub clients: Clients,
    /// How often and how patiently a download is tried again.
    pub retry: Retry,
}

impl FetchOptions {
    /// Defaults: online, 4 jobs, no progress, clients from the process's environment, 5 attempts.
    #[must_use]
    pub fn new(cache: PathBuf, distfiles: Option<PathBuf>, clients: Clients) -> Self {
        Self { cache, distfiles, offline: false, jobs: 4, progress: false, clients, retry: Retry::default() }
    }
}

/// Attempts of a download and the pauses between them.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// Attempts in all, at least 1.
    pub attempts: usize,
    /// First pause; it doubles each time, up to 16 times this.
    pub pause: Duration,
    /// How to wait.
    pub sleep: fn(Duration),
}

impl Default for Retry {
    /// 5 attempts, pauses of 0.5 s, 1 s, 2 s, 4 s.
    fn default() -> Self {
        Self { attempts: 5, pause: Duration::from_millis(500), sleep: std::thread::sleep }
    }
}

/// One input that is wanted, perhaps from some kinds of sources only.
#[derive(Debug, Clone)]
pub struct Request {
    /// Name of the input in the manifest.
    pub input: String,
    /// Kinds that may be used; `None` allows all.
    pub kinds: Option<Vec<Kind>>,
}

impl Request {
    /// Any source of that input.
    #[must_use]
    pub fn any(input: &str) -> Self {
        Self { input: input.to_owned(), kinds: None }
    }

    /// Only sources of these kinds of that input.
    #[must_use]
    pub fn only(input: &str, kinds: &[Kind]) -> Self {
        Self { input: input.to_owned(), kinds: Some(kinds.to_vec()) }
    }
}

impl From<&str> for Request {
    fn from(input: &str) -> Self {
        Self::any(input)
    }
}

/// An input that is in the cache, complete and verified.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FetchedInput {
    /// Name in the manifest.
    pub input: String,
    /// Revision that people know it by.
    pub revision: String,
    /// Licence as an SPDX expression.
    pub licence: String,
    /// What it is for: `upstream`, `tool`, `fixture` or `service`.
    #[serde(serialize_with = "role_name")]
    pub role: Role,
    /// Kind of the source whose bytes these are.
    #[serde(serialize_with = "kind_name")]
    pub kind_used: Kind,
    /// In the order of the manifest.
    pub artifacts: Vec<FetchedArtifact>,
    /// Sources that were tried before and did not answer, with their reason; empty when everything was at hand.
    pub tried: Vec<String>,
}

/// One verified artifact.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FetchedArtifact {
    /// Package, asset or repository name.
    pub name: String,
    /// Version of the package; for git the tag or branch.
    pub version: String,
    /// File name in its ecosystem; for git the repository's name.
    pub file: String,
    /// SHA-256 of a file; for git `None`.
    pub sha256: Option<String>,
    /// Commit of a git source; for files `None`.
    pub commit: Option<String>,
    /// The file, or the bare repository, in the cache. Read-only for everybody.
    pub path: PathBuf,
}

fn role_name<S: serde::Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(role.as_str())
}

fn kind_name<S: serde::Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}
