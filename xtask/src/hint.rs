//! The line after an error that says what to do next; knows no particular error.
use std::fmt;

/// An error with a next step: prints as the message, then a line `hint: …`.
#[derive(Debug)]
pub struct Hint {
    message: String,
    hint: String,
}

impl Hint {
    /// An error that says `message` and, on the next line, `hint`.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }

    /// The next step on its own, without the `hint:` prefix.
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.message)
    }
}

impl std::error::Error for Hint {}

/// Adds a next step to any failed result: `result.hint("run `cargo xtask doctor`")`.
pub trait WithHint<T> {
    /// Wraps the error so that `main` prints `hint` after it.
    ///
    /// # Errors
    /// The original error, with the hint as its outermost context.
    fn hint(self, hint: impl Into<String>) -> anyhow::Result<T>;
}

impl<T, E: Into<anyhow::Error>> WithHint<T> for Result<T, E> {
    fn hint(self, hint: impl Into<String>) -> anyhow::Result<T> {
        self.map_err(|error| {
            let error: anyhow::Error = error.into();
            let message = format!("{error:#}");
            anyhow::Error::new(Hint::new(message, hint))
        })
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn the_next_step_is_found_below_any_context_and_is_not_part_of_the_message() {
        let failed: anyhow::Result<()> = Err(Hint::new("no clang", "run `cargo xtask fetch`").into());
        let error = failed.context("staging the toolchain").unwrap_err();
        assert_eq!(format!("{error:#}"), "staging the toolchain: no clang");
        let hint = error.chain().find_map(|cause| cause.downcast_ref::<Hint>()).unwrap();
        assert_eq!(hint.hint(), "run `cargo xtask fetch`");
    }

    #[test]
    fn a_hint_keeps_all_that_was_known() {
        let failed = std::fs::read("/nonexistent/file").context("reading `file`");
        let error = failed.hint("make it").unwrap_err();
        let text = format!("{error:#}");
        assert!(text.starts_with("reading `file`: No such file"), "{text}");
        assert_eq!(error.downcast_ref::<Hint>().unwrap().hint(), "make it");
        let fine: Result<u8, std::io::Error> = Ok(1);
        assert_eq!(fine.hint("unused").unwrap(), 1);
    }
}
