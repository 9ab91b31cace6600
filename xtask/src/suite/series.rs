//! Patch series: the tooling on made-up repositories, then every fork's own series.
use super::SuiteContext;
use super::rust_tests::series_tests;
use crate::report::SuiteReport;

/// The integration tests named `series*`, and one row a fork and check.
///
/// # Errors
/// When cargo cannot be started or the forks not be listed.
pub fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("series");
    series_tests(context, &mut report)?;
    Ok(report)
}
