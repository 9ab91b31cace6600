//! One thing that is wrong with a series, with its place; knows nothing of how it is printed or counted.
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// A fault in a patch series: where it is and what to change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The file, as the caller named the folder it lies in.
    pub file: PathBuf,
    /// Line in the file, from 1; 0 when the fault is the file as a whole (its name, its number).
    pub line: usize,
    /// What is wrong, in lower case without a full stop.
    pub message: String,
}

impl Finding {
    /// A fault at `line` of `file`.
    pub fn new(file: impl Into<PathBuf>, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.into(), line, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.file.display(), self.message),
            line => write!(formatter, "{}:{line}: {}", self.file.display(), self.message),
        }
    }
}
