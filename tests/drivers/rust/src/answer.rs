//! What a program says at its end: one line and an exit code, the same for all drivers.
use std::process::ExitCode;
use std::time::Duration;

use crate::{Cell, Settings};

/// How a cell ended when it did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Everything was as it should be.
    Ok,
    /// So it was, and this was seen.
    Fact(String),
    /// The driver has no way to do it; the text says why.
    Unsupported(String),
}

impl Answer {
    /// A cell that the driver cannot do.
    ///
    /// # Errors
    /// Never; cells return a result.
    pub fn unsupported(why: &str) -> anyhow::Result<Self> {
        Ok(Self::Unsupported(why.to_owned()))
    }
}

/// The longest a cell may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs the cell that the command line names, prints the last line, and gives the exit code.
pub async fn run<F: Future<Output = anyhow::Result<Answer>>>(
    cell: impl FnOnce(Cell, Settings) -> F,
) -> ExitCode {
    let answer = async {
        let mut arguments = std::env::args().skip(1);
        let name = arguments.next().unwrap_or_default();
        let settings = Settings::from_env()?;
        tokio::time::timeout(LIMIT, cell(Cell::of_name(&name)?, settings))
            .await
            .map_err(|_| anyhow::anyhow!("not done after {} s", LIMIT.as_secs()))?
    };
    let (line, code) = match answer.await {
        Ok(Answer::Ok) => ("ok".to_owned(), ExitCode::SUCCESS),
        Ok(Answer::Fact(fact)) => (format!("ok: {fact}"), ExitCode::SUCCESS),
        Ok(Answer::Unsupported(why)) => (format!("unsupported: {why}"), ExitCode::SUCCESS),
        Err(error) => (format!("failed: {error:#}"), ExitCode::FAILURE),
    };
    println!("{line}");
    code
}
