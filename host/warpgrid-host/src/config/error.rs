//! What is wrong with a `warp.toml`, and where.

use std::fmt;
use std::path::PathBuf;

/// A `warp.toml` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; none when the whole file is meant.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What the user can do.
    pub hint: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}`", self.file.display())?;
        if let Some(line) = self.line {
            write!(out, " line {line}")?;
        }
        write!(out, ": {}", self.message)
    }
}

impl std::error::Error for ConfigError {}

/// Something in a `warp.toml` that is used as if it were not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The line, from 1.
    pub line: usize,
    /// What is ignored, and why.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.line, self.message)
    }
}
