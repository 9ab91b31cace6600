//! What is wrong with a manifest, and at which line and column; knows no rule by itself.
use std::fmt;
use std::ops::Range;

/// Which part of the file a problem is about: decides whether `cargo xtask pin` may repair it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// The part for people, above the divider.
    People,
    /// Pins: missing, left over, malformed or contradicting the part for people.
    Pins,
}

/// One finding, with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Name of the file as shown to the reader.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The next step, if there is one.
    pub hint: Option<String>,
    /// Which part of the file is wrong.
    pub area: Area,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// A manifest that cannot be used: all problems found, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    /// Never empty.
    pub problems: Vec<Problem>,
}

impl fmt::Display for ManifestError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            write!(formatter, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ManifestError {}

/// Collects problems of one file and turns byte ranges into lines and columns.
pub(super) struct Problems<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<(usize, Problem)>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn add(&mut self, area: Area, span: Range<usize>, message: impl Into<String>) {
        self.push(area, span, message.into(), None);
    }

    pub(super) fn add_with_hint(
        &mut self,
        area: Area,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(area, span, message.into(), Some(hint.into()));
    }

    fn push(&mut self, area: Area, span: Range<usize>, message: String, hint: Option<String>) {
        let (line, column) = line_and_column(self.text, span.start);
        let problem = Problem { file: self.file.to_owned(), line, column, message, hint, area };
        if !self.found.iter().any(|(_, known)| *known == problem) {
            self.found.push((span.start, problem));
        }
    }

    /// All problems in the order of the file.
    pub(super) fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|(offset, _)| *offset);
        self.found.into_iter().map(|(_, problem)| problem).collect()
    }
}

fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}
