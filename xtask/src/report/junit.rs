//! Writes a report as JUnit XML, one row a case; knows no suite.
use std::path::Path;

use anyhow::Context;
use junit_report::{Duration, ReportBuilder, TestCase, TestCaseBuilder, TestSuiteBuilder};

use super::{CaseReport, Outcome, SuiteReport};
use crate::file;

/// Writes all suites to `path`, whole or not at all; folders above it are made.
///
/// # Errors
/// When the file cannot be written.
pub fn write_junit(path: &Path, suites: &[SuiteReport]) -> anyhow::Result<()> {
    let mut report = ReportBuilder::new();
    for suite in suites {
        let mut builder = TestSuiteBuilder::new(&suite.name);
        for case in &suite.cases {
            builder.add_testcase(row(&suite.name, case));
        }
        report.add_testsuite(builder.build());
    }
    let mut xml = Vec::new();
    report.build().write_xml(&mut xml).context("writing JUnit XML")?;
    file::replace(path, &xml)
}

fn row(suite: &str, case: &CaseReport) -> TestCase {
    let duration = Duration::new(
        i64::try_from(case.duration.as_secs()).unwrap_or(i64::MAX),
        i32::try_from(case.duration.subsec_nanos()).unwrap_or(0),
    );
    let mut builder = match &case.outcome {
        Outcome::Passed => TestCaseBuilder::success(&case.name, duration),
        Outcome::Failed(text) => TestCaseBuilder::failure(&case.name, duration, "failed", text),
        Outcome::Skipped(reason) => TestCaseBuilder::skipped_with_cause(&case.name, "skipped", reason),
    };
    builder.set_classname(suite);
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_a_row_of_its_kind() {
        let mut suite = SuiteReport::new("libc");
        suite.add("good", Outcome::Passed, std::time::Duration::from_millis(1500));
        suite.case("bad", || anyhow::bail!("printed `<a>` & nothing else"));
        suite.case_or_skip("absent", || Ok(Outcome::Skipped("shim not available".into())));
        assert_eq!(suite.totals().to_string(), "1 passed, 1 failed, 1 skipped");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("reports/junit.xml");
        write_junit(&path, &[suite, SuiteReport::new("empty")]).unwrap();
        let xml = std::fs::read_to_string(&path).unwrap();
        for part in [
            r#"<testcase name="good" time="1.5" classname="libc""#,
            r#"<failure type="failed" message="printed `&lt;a&gt;` &amp; nothing else""#,
            r#"<skipped type="skipped" message="shim not available""#,
            r#"tests="3" errors="0" failures="1""#,
            r#"name="empty""#,
        ] {
            assert!(xml.contains(part), "`{part}` is not in: {xml}");
        }
    }
}
