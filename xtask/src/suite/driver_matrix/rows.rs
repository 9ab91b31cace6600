//! What the matrix program printed: a row of JSON a line; knows no driver.
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;

use crate::report::Outcome;

/// One cell of one driver at one door.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// Where the driver connected: `direct` for the server itself.
    pub(super) door: String,
    /// The server: `postgres`, `mariadb` …
    pub(super) product: String,
    /// The driver's name.
    pub(super) driver: String,
    /// The question.
    pub(super) cell: String,
    /// How it ended.
    pub(super) outcome: Ending,
    /// A fact, or why not.
    pub(super) text: String,
    seconds: f64,
}

/// How a cell ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Ending {
    /// As it should.
    Passed,
    /// The driver has no way to do it.
    Unsupported,
    /// What stands in front of the server refuses it by intention.
    Refused,
    /// It did not.
    Failed,
    /// It was not tried.
    Skipped,
}

impl Row {
    /// Its name in the report.
    pub(super) fn name(&self) -> String {
        format!("{} {} {} {}", self.door, self.product, self.driver, self.cell)
    }

    /// What a driver has no way to do, or is refused by intention, counts as skipped: nothing was shown.
    pub(super) fn report(&self) -> Outcome {
        match self.outcome {
            Ending::Passed => Outcome::Passed,
            Ending::Failed => Outcome::Failed(self.text.clone()),
            Ending::Unsupported | Ending::Refused | Ending::Skipped => Outcome::Skipped(self.text.clone()),
        }
    }

    /// How long it took.
    pub(super) fn duration(&self) -> Duration {
        Duration::try_from_secs_f64(self.seconds).unwrap_or_default()
    }
}

/// All rows.
///
/// # Errors
/// When a line is none, or there is no line.
pub(super) fn read(text: &str) -> anyhow::Result<Vec<Row>> {
    let rows: Vec<Row> = text
        .lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("not a row: `{line}`")))
        .collect::<anyhow::Result<_>>()?;
    anyhow::ensure!(!rows.is_empty(), "the matrix has no row");
    Ok(rows)
}
