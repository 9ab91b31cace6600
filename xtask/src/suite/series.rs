//! Patch series: the tooling on made-up repositories, then every fork's own series.
use anyhow::Context;

use super::SuiteContext;
use super::rust_tests::series_tests;
use crate::report::SuiteReport;
use crate::series::check::check;
use crate::series::fork::Fork;
use crate::series::preimages::Sysroot;

/// The target whose installed headers the series is tried on, when a sysroot has been staged.
const TARGET: &str = "wasm32-wasip2";

/// The integration tests named `series*`, then one row a fork: valid, applies, comes back byte for byte.
///
/// # Errors
/// When cargo cannot be started or the forks not be listed.
pub(super) fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("series");
    series_tests(context, &mut report)?;
    let root = &context.paths.root;
    let staged = context
        .paths
        .target
        .join(format!("parts/sysroot-{TARGET}-stock/share/warpgrid/sysroots/{TARGET}/stock"));
    for name in Fork::names(root)? {
        report.case(format!("the series of `{name}` is valid, applies and exports byte-identically"), || {
            let sh = xshell::Shell::new().context("finding the current folder")?;
            let sysroot = staged.is_dir().then_some(Sysroot { root: &staged, triple: TARGET });
            let findings: Vec<String> =
                check(&sh, &Fork::open(root, &name)?, sysroot)?.iter().map(ToString::to_string).collect();
            anyhow::ensure!(findings.is_empty(), "{}", findings.join("\n"));
            Ok(())
        });
    }
    Ok(report)
}
