//! What every step is handed; knows no step.
use std::path::PathBuf;

use crate::manifest::Manifest;
use crate::paths::Paths;
use crate::source::{FetchOptions, Fetcher};

/// Everything a step may use besides its own parameters.
pub struct StepContext<'a> {
    /// The checkout and its folders.
    pub paths: &'a Paths,
    /// The pins.
    pub manifest: &'a Manifest,
    /// How many things to do at once.
    pub jobs: usize,
    /// Whether the network must not be used.
    pub offline: bool,
}

impl StepContext<'_> {
    /// What fetches inputs, with the clients of this machine.
    ///
    /// # Errors
    /// When the cache cannot be opened.
    pub fn fetcher(&self) -> anyhow::Result<Fetcher> {
        let clients = self.paths.clients.clone();
        let mut options = FetchOptions::new(self.paths.cache.clone(), self.paths.distfiles.clone(), clients);
        options.offline = self.offline;
        options.jobs = self.jobs;
        options.progress = true;
        Fetcher::new(options)
    }

    /// Whether this machine has what upstream's own build needs.
    #[must_use]
    pub fn can_build_from_source(&self) -> bool {
        ["cmake", "ninja"].iter().all(|program| self.paths.clients.find(program).is_some())
    }

    /// The folder that a part of the SDK is built into, laid out as in the SDK itself.
    #[must_use]
    pub fn part(&self, name: &str) -> PathBuf {
        self.paths.target.join("parts").join(name)
    }

    /// A scratch folder of a step; its content means nothing once the step has ended.
    #[must_use]
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.paths.target.join("build").join(name)
    }

    /// The log of a step.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.paths.target.join("log").join(format!("{name}.log"))
    }
}
