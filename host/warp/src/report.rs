//! Errors for people: what went wrong, why, and a hint; decides nothing.

use std::fmt::Write;

/// The exit code when warp itself could not do its work. A guest's own code is passed on as it is.
pub(crate) const USAGE_OR_LOAD: u8 = 125;
/// The exit code when the guest trapped, as a shell has it for a program that aborts.
pub(crate) const TRAP: u8 = 134;

/// An error with what the user can do about it.
#[derive(Debug)]
pub(crate) struct Hinted {
    pub(crate) error: anyhow::Error,
    pub(crate) hints: Vec<String>,
}

impl std::fmt::Display for Hinted {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.error)
    }
}

impl std::error::Error for Hinted {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

/// Adds hints to an error.
pub(crate) fn hinted(error: impl Into<anyhow::Error>, hints: Vec<String>) -> anyhow::Error {
    Hinted { error: error.into(), hints }.into()
}

/// The text of an error: one line for each cause, then the hints.
pub(crate) fn text(error: &anyhow::Error) -> String {
    let mut text = format!("error: {error}");
    let mut last = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !last.contains(&cause) {
            // Writing to a text cannot fail.
            let _ = write!(text, "\n  because: {}", cause.trim_end().replace('\n', "\n    "));
        }
        last = cause;
    }
    for hint in
        error.chain().filter_map(|cause| cause.downcast_ref::<Hinted>()).flat_map(|hinted| &hinted.hints)
    {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}

/// Prints an error to standard error.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("{}", text(error));
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context, anyhow};

    #[test]
    fn an_error_shows_its_causes_once_and_its_hints_last() {
        let cause = hinted(anyhow!("no such file"), vec!["look again".to_owned()]);
        let error = Err::<(), _>(cause).context("cannot read `a`").unwrap_err();
        assert_eq!(text(&error), "error: cannot read `a`\n  because: no such file\nhint: look again");
    }
}
