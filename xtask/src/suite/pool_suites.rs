//! The suites of the pool: each is a test program of `host/warpgrid-pool/tests`, against real servers; knows no test by
//! name.
use anyhow::Context;

use super::SuiteContext;
use super::rust_tests::{cargo_test, driver_cargo};
use crate::exec::Program;
use crate::report::SuiteReport;
use crate::run::RunOptions;
use crate::services;
use crate::tree;

/// Suites that are one test program.
const PROGRAMS: &[(&str, &str)] = &[
    ("cancel-race", "cancel_race"),
    ("cut-matrix", "cut_matrix"),
    ("drain", "drain"),
    ("exhaustion", "exhaustion"),
    ("fault-matrix", "fault_matrix"),
    ("fuzz-wire", "fuzz_wire"),
    ("half-open", "half_open"),
    ("isolation", "isolation"),
    ("kill9-db", "kill9_db"),
    ("secret-scan", "secret_scan"),
    ("sim", "sim"),
    ("slowloris-guest", "slowloris_guest"),
    ("soak-canary", "soak_canary"),
    ("tls-table", "tls_table"),
];

/// The tests of one suite.
///
/// # Errors
/// When servers cannot be had, or the tests do not compile or are none.
pub(super) fn named(context: &SuiteContext<'_>, suite: &str) -> anyhow::Result<SuiteReport> {
    let (_, program) = PROGRAMS
        .iter()
        .find(|(name, _)| *name == suite)
        .with_context(|| format!("no test program is listed for the suite `{suite}`"))?;
    let mut report = SuiteReport::new(suite);
    cargo_test(&cargo(context)?.args(["--test", program]), &mut report)?;
    Ok(report)
}

/// Every test of the pool that is in no suite of its own.
///
/// # Errors
/// When servers cannot be had, or the tests do not compile.
pub(super) fn rest(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("pool");
    let mut cargo = cargo(context)?.arg("--lib");
    for path in tree::entries(&context.paths.root.join("host/warpgrid-pool/tests"))? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_program = path.join("main.rs").is_file();
        if is_program && !PROGRAMS.iter().any(|(_, program)| *program == name) {
            cargo = cargo.args(["--test", &name]);
        }
    }
    cargo_test(&cargo, &mut report)?;
    Ok(report)
}

/// The pool has no wasmtime in it, so it compiles with the build driver's own profile.
fn cargo(context: &SuiteContext<'_>) -> anyhow::Result<Program> {
    let options = RunOptions { offline: context.offline, jobs: context.jobs };
    let servers = services::folder(context.paths, &options)?;
    let mut cargo =
        driver_cargo(context).args(["test", "--package", "warpgrid-pool"]).env("WARPGRID_SERVICES", servers);
    if context.full {
        cargo = cargo.env("WARPGRID_FULL", "1");
    }
    Ok(cargo)
}

#[cfg(test)]
mod tests {
    use super::super::SUITES;
    use super::*;

    #[test]
    fn every_suite_of_the_pool_is_in_the_list() {
        for (suite, _) in PROGRAMS {
            assert!(SUITES.iter().any(|listed| listed.name == *suite), "`{suite}` is not in the list");
        }
    }
}
