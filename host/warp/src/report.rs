//! Errors for people: what went wrong, why, and a hint; decides nothing.

use std::fmt::Write;
use std::io;

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
    for hint in hints(error) {
        let _ = write!(text, "\nhint: {hint}");
    }
    text
}

/// What the user can do about an error.
pub(crate) fn hints(error: &anyhow::Error) -> Vec<String> {
    let hinted = error.chain().filter_map(|cause| cause.downcast_ref::<Hinted>());
    hinted.flat_map(|hinted| hinted.hints.iter().cloned()).collect()
}

/// The text of an error without hints, on one line.
pub(crate) fn one_line(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    let mut last = text.clone();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !last.contains(&cause) {
            text = format!("{text}: {}", cause.trim_end().replace('\n', " "));
        }
        last = cause;
    }
    text
}

/// Prints an error to standard error.
pub(crate) fn error(error: &anyhow::Error) {
    eprintln!("{}", text(error));
}

/// Writes a line of text to standard output, at once.
pub(crate) fn line(text: impl std::fmt::Display) -> io::Result<()> {
    use io::Write;
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Writes a JSON object as a line of standard output, at once.
pub(crate) fn json_line(object: &serde_json::Value) -> io::Result<()> {
    line(object)
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
