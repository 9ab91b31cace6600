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
