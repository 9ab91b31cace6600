//! The suite of the database servers that tests start: the tests of `tests/services`; knows no test by name.
use super::SuiteContext;
use super::rust_tests::{cargo_test, driver_cargo};
use crate::report::SuiteReport;
use crate::run::RunOptions;
use crate::services;

/// The crate's tests, and those of the program that `cargo xtask services` starts.
///
/// # Errors
/// When servers cannot be had, or the tests do not compile.
pub(super) fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("services");
    let options = RunOptions { offline: context.offline, jobs: context.jobs };
    let servers = services::folder(context.paths, &options)?;
    let cargo = driver_cargo(context)
        .args(["test", "--package", "warpgrid-test-services"])
        .env("WARPGRID_SERVICES", servers);
    cargo_test(&cargo, &mut report)?;
    Ok(report)
}
