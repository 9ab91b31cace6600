//! Runs `cargo test` and turns its lines into rows; knows no test by name.
use std::time::Instant;

use anyhow::bail;

use super::SuiteContext;
use crate::exec::Program;
use crate::report::{Outcome, SuiteReport};
use crate::tree;

/// Tests of the build driver. Those of the patch series are a suite of their own.
///
/// # Errors
/// When cargo cannot be started, or ends badly without naming a failed test.
pub(super) fn unit(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("unit");
    let mut cargo = driver_cargo(context).args(["test", "--package", "xtask", "--lib", "--bins"]);
    for test in integration_tests(context)?.iter().filter(|name| !name.starts_with("series")) {
        cargo = cargo.args(["--test", test]);
    }
    cargo_test(&cargo, &mut report)?;
    Ok(report)
}

/// Integration tests of the build driver whose names begin with `series`.
///
/// # Errors
/// When cargo cannot be started, or ends badly without naming a failed test.
pub(super) fn series_tests(context: &SuiteContext<'_>, report: &mut SuiteReport) -> anyhow::Result<()> {
    let mut cargo = driver_cargo(context).args(["test", "--package", "xtask"]);
    for test in integration_tests(context)?.iter().filter(|name| name.starts_with("series")) {
        cargo = cargo.args(["--test", test]);
    }
    cargo_test(&cargo, report)
}

/// cargo with the profile and the folder of the build driver itself.
pub(super) fn driver_cargo(context: &SuiteContext<'_>) -> Program {
    Program::new("cargo").current_dir(&context.paths.root).env("CARGO_TERM_COLOR", "never")
}

/// Names of the test programs: `xtask/tests/<name>.rs` and `xtask/tests/<name>/main.rs`.
fn integration_tests(context: &SuiteContext<'_>) -> anyhow::Result<Vec<String>> {
    let folder = context.paths.root.join("xtask/tests");
    let mut names = Vec::new();
    for path in tree::entries(&folder)? {
        if path.extension().is_some_and(|extension| extension == "rs") || path.join("main.rs").is_file() {
            names.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

pub(super) fn cargo_test(cargo: &Program, report: &mut SuiteReport) -> anyhow::Result<()> {
    cargo_test_some(cargo, &[], report)
}

/// Runs the tests of exactly these names, or all of them when there are none.
pub(super) fn cargo_test_some(
    cargo: &Program,
    names: &[String],
    report: &mut SuiteReport,
) -> anyhow::Result<()> {
    let start = Instant::now();
    let exact = (!names.is_empty()).then_some("--exact");
    let finished =
        cargo.clone().args(["--no-fail-fast", "--", "--show-output"]).args(exact).args(names).output()?;
    let before = report.cases.len();
    let rows = rows(&finished.stdout, &finished.stderr);
    let each = start.elapsed() / u32::try_from(rows.len().max(1)).unwrap_or(1);
    for (name, outcome) in rows {
        report.add(name, outcome, each);
    }
    let failed = report.cases[before..].iter().any(|case| matches!(case.outcome, Outcome::Failed(_)));
    if finished.code != Some(0) && !failed {
        bail!("`{}` failed: {}", cargo.command_line(), finished.describe());
    }
    if report.cases.len() == before {
        bail!("`{}` ran no test", cargo.command_line());
    }
    Ok(())
}

/// One row a line `test NAME ... RESULT`; a test that prints `skipped: REASON` on its own counts as skipped.
fn rows(stdout: &str, stderr: &str) -> Vec<(String, Outcome)> {
    let binaries: Vec<&str> = stderr
        .lines()
        .filter_map(|line| {
            line.trim().strip_prefix("Running ").or_else(|| line.trim().strip_prefix("Doc-tests "))
        })
        .map(|line| line.split(" (").next().unwrap_or(line))
        .collect();
    let mut rows = Vec::new();
    let mut binary = 0_usize;
    let mut printing: Option<String> = None;
    let mut details: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    let mut names: Vec<(String, String)> = Vec::new();
    let flush = |names: &mut Vec<(String, String)>,
                 details: &mut std::collections::BTreeMap<String, String>| {
        let mut flushed = Vec::new();
        for (name, result) in names.drain(..) {
            let text = details.remove(name.rsplit(": ").next().unwrap_or(&name)).unwrap_or_default();
            let skipped = text.lines().find_map(|line| line.strip_prefix("skipped: ")).map(str::to_owned);
            let outcome = match (result.as_str(), skipped) {
                ("ok", Some(reason)) => Outcome::Skipped(reason),
                ("ok", None) => Outcome::Passed,
                (result, _) if result.starts_with("ignored") => Outcome::Skipped(result.to_owned()),
                _ => Outcome::Failed(text),
            };
            flushed.push((name, outcome));
        }
        details.clear();
        flushed
    };
    for line in stdout.lines() {
        if line.starts_with("running ") && (line.ends_with(" tests") || line.ends_with(" test")) {
            rows.extend(flush(&mut names, &mut details));
            printing = None;
            binary += 1;
        } else if let Some(name) =
            line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----"))
        {
            printing = Some(name.to_owned());
        } else if line == "failures:" || line == "successes:" || line.starts_with("test result: ") {
            printing = None;
        } else if let Some(name) = &printing {
            let text = details.entry(name.clone()).or_default();
            text.push_str(line);
            text.push('\n');
        } else if let Some((name, result)) =
            line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... "))
        {
            let place = binaries.get(binary.saturating_sub(1)).unwrap_or(&"");
            names.push((format!("{place}: {name}"), result.to_owned()));
        }
    }
    rows.extend(flush(&mut names, &mut details));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_rows_with_their_details() {
        let stderr = "     Running unittests src/lib.rs (target/debug/deps/a)\n     Running tests/b.rs (target/debug/deps/b)\n";
        let stdout = "\nrunning 3 tests\ntest one ... ok\ntest two ... FAILED\ntest three ... ok\n\nsuccesses:\n\n---- three stdout ----\nskipped: no server\n\n\nsuccesses:\n    one\n    three\n\nfailures:\n\n---- two stdout ----\nboom\n\n\nfailures:\n    two\n\ntest result: FAILED. 2 passed; 1 failed\n\nrunning 1 test\ntest one ... ok\n\ntest result: ok. 1 passed\n";
        let rows = rows(stdout, stderr);
        assert_eq!(rows[0], ("unittests src/lib.rs: one".into(), Outcome::Passed));
        assert!(matches!(&rows[1].1, Outcome::Failed(text) if text.contains("boom")));
        assert_eq!(rows[2].1, Outcome::Skipped("no server".into()));
        assert_eq!(rows[3], ("tests/b.rs: one".into(), Outcome::Passed));
        assert_eq!(rows.len(), 4);
    }
}
