//! Rules of the tree, rustfmt and clippy as suites; knows no rule.
use super::SuiteContext;
use crate::drivers::rust_cargo;
use crate::exec::Program;
use crate::report::SuiteReport;
use crate::step::host_cargo;
use crate::tidy as tidy_rules;

/// One row for the tree: every finding is in its text.
///
/// # Errors
/// Never: what goes wrong is a failed row.
pub(super) fn tidy(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("tidy");
    report.case("rules of the tree", || {
        let findings: Vec<String> =
            tidy_rules::check(&context.paths.root)?.iter().map(ToString::to_string).collect();
        anyhow::ensure!(findings.is_empty(), "{}", findings.join("\n"));
        Ok(())
    });
    Ok(report)
}

/// One row a tool and package group.
///
/// # Errors
/// Never: what goes wrong is a failed row.
pub(super) fn lint(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("lint");
    let cargo = || Program::new("cargo").current_dir(&context.paths.root).env("CARGO_TERM_COLOR", "never");
    report.case("rustfmt", || cargo().args(["fmt", "--all", "--check"]).run(&context.log("rustfmt")));
    report.case("clippy of the build driver", || {
        cargo()
            .args(["clippy", "--package", "xtask", "--all-targets", "--", "-D", "warnings"])
            .run(&context.log("clippy-xtask"))
    });
    report.case("clippy of the pool", || {
        cargo()
            .args([
                "clippy",
                "--package",
                "warpgrid-pool",
                "--package",
                "warpgrid-test-services",
                "--all-targets",
            ])
            .args(["--", "-D", "warnings"])
            .run(&context.log("clippy-pool"))
    });
    report.case("clippy of the driver matrix", || {
        cargo()
            .args(["clippy", "--package", "warpgrid-driver-matrix", "--all-targets", "--", "-D", "warnings"])
            .run(&context.log("clippy-driver-matrix"))
    });
    report.case("rustfmt of the Rust drivers", || {
        rust_cargo(context.paths).args(["fmt", "--all", "--check"]).run(&context.log("rustfmt-drivers"))
    });
    report.case("clippy of the Rust drivers", || {
        rust_cargo(context.paths)
            .args(["clippy", "--locked", "--all-targets", "--", "-D", "warnings"])
            .run(&context.log("clippy-drivers"))
    });
    report.case("clippy of the host", || {
        host_cargo(context.paths)
            .args(["clippy", "--release", "--all-targets"])
            .args(["--package", "warpgrid-grants", "--package", "warpgrid-host", "--package", "warp"])
            .args(["--", "-D", "warnings"])
            .run(&context.log("clippy-host"))
    });
    Ok(report)
}
