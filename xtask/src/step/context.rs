//! What every step is handed; knows no step.
use std::path::PathBuf;

use crate::manifest::Manifest;
use crate::paths::Paths;

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
