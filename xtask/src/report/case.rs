//! The rows of a report and their sums; knows no output format.
use std::time::Duration;

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it should.
    Passed,
    /// It did not; the text says what was seen.
    Failed(String),
    /// It could not run here; the text says why.
    Skipped(String),
}

/// One case of a suite.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// Name within the suite.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub duration: Duration,
}

/// One suite with its cases.
#[derive(Debug, Clone, Default)]
pub struct SuiteReport {
    /// Name as `ci --only` takes it.
    pub name: String,
    /// The cases in the order they ran.
    pub cases: Vec<CaseReport>,
}

impl SuiteReport {
    /// An empty report of the suite `name`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), cases: Vec::new() }
    }

    /// Adds a row.
    pub fn add(&mut self, name: impl Into<String>, outcome: Outcome, duration: Duration) {
        self.cases.push(CaseReport { name: name.into(), outcome, duration });
    }

    /// Runs `case`, times it, and adds its row: an error is a failure.
    pub fn case(&mut self, name: impl Into<String>, case: impl FnOnce() -> anyhow::Result<()>) {
        self.case_or_skip(name, || case().map(|()| Outcome::Passed));
    }

    /// Runs `case`, times it, and adds its row as the case says; an error is a failure.
    pub fn case_or_skip(&mut self, name: impl Into<String>, case: impl FnOnce() -> anyhow::Result<Outcome>) {
        let start = std::time::Instant::now();
        let outcome = case().unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        self.add(name, outcome, start.elapsed());
    }

    /// How many cases ended in each way.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for case in &self.cases {
            match case.outcome {
                Outcome::Passed => totals.passed += 1,
                Outcome::Failed(_) => totals.failed += 1,
                Outcome::Skipped(_) => totals.skipped += 1,
            }
        }
        totals
    }
}

/// Sums over one or more suites; prints as `N passed, N failed, N skipped`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Cases that did what they should.
    pub passed: usize,
    /// Cases that did not.
    pub failed: usize,
    /// Cases that could not run.
    pub skipped: usize,
}

impl std::ops::AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}
