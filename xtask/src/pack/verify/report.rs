//! What a verification found, for people and as JSON; checks nothing.
use std::fmt;

use serde::Serialize;

/// Something that is wrong with an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The check that found it, such as `sums` or `sbom`.
    pub check: &'static str,
    /// The file it is about, when it is about one.
    pub file: Option<String>,
    /// What is wrong, in a sentence.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(formatter, "{}: `{file}`: {}", self.check, self.message),
            None => write!(formatter, "{}: {}", self.check, self.message),
        }
    }
}

/// The result of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Name of the archive.
    pub archive: String,
    /// SHA-256 of the archive, in hex.
    pub sha256: String,
    /// Was there a `.sha256` beside the archive to compare with?
    pub compared: bool,
    /// Number of files in it.
    pub files: usize,
    /// Length of all files in bytes.
    pub unpacked: u64,
    /// What is wrong; empty when all is well.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Is nothing wrong?
    #[must_use]
    pub fn sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Problems of one check, collected as they are found.
#[derive(Debug, Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    /// Adds a problem of the whole archive.
    pub(super) fn whole(&mut self, check: &'static str, message: impl fmt::Display) {
        self.found.push(Problem { check, file: None, message: message.to_string() });
    }

    /// Adds a problem of one file.
    pub(super) fn file(&mut self, check: &'static str, file: &str, message: impl fmt::Display) {
        self.found.push(Problem { check, file: Some(file.to_owned()), message: message.to_string() });
    }

    /// All problems, in the order of their finding.
    pub(super) fn into_vec(self) -> Vec<Problem> {
        self.found
    }
}
