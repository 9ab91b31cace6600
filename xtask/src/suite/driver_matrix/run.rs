//! Builds the programs and `warp`, gets the servers, lets the matrix program ask, and reports; knows no driver.
use std::ffi::OsString;

use anyhow::{Context, anyhow};

use super::super::SuiteContext;
use super::{page, rows};
use crate::drivers;
use crate::exec::Program;
use crate::report::{Outcome, SuiteReport};
use crate::run::RunOptions;
use crate::services;

/// A certificate that signed nothing.
const OTHER_CA: &str = "tests/drivers/other-ca.pem";

/// Programs at once for each job: they mostly wait.
const PROGRAMS_A_JOB: usize = 2;

/// One row a driver, server and question, and one for the page.
///
/// # Errors
/// When programs do not compile, or servers cannot be had or started.
pub(in crate::suite) fn run(context: &SuiteContext<'_>) -> anyhow::Result<SuiteReport> {
    let mut report = SuiteReport::new("driver-matrix");
    let options = RunOptions { offline: context.offline, jobs: context.jobs };
    // Unpacking mostly waits, compiling does not.
    let (services, programs, matrix, warp) = std::thread::scope(|scope| {
        let services = scope.spawn(|| services::folder(context.paths, &options));
        let programs = drivers::build(context.paths, &options);
        let matrix = drivers::program(context.paths, &options);
        let warp = drivers::warp(context.paths, &options);
        let services = services.join().unwrap_or_else(|_| Err(anyhow!("unpacking the servers panicked")));
        (services, programs, matrix, warp)
    });
    let (services, programs, matrix, warp) = (services?, programs?, matrix?, warp?);
    let mut line: Vec<OsString> = vec!["run".into(), "--programs".into(), programs.folder.into()];
    line.extend(["--services".into(), services.into()]);
    line.extend(["--other-ca".into(), context.paths.root.join(OTHER_CA).into()]);
    line.extend(["--proxy".into(), warp.into()]);
    line.extend(["--jobs".into(), (context.jobs * PROGRAMS_A_JOB).to_string().into()]);
    for (language, reason) in &programs.skipped {
        line.extend(["--skip".into(), format!("{language}={reason}").into()]);
    }
    let said = Program::new(matrix).args(line).stdout().context("running the matrix")?;
    let rows = rows::read(&said)?;
    for row in &rows {
        report.add(row.name(), row.report(), row.duration());
    }
    report.case_or_skip(page::PAGE, || {
        if let Some(reason) = page::missing(&rows) {
            return Ok(Outcome::Skipped(reason));
        }
        page::compare(context, &rows).map(|()| Outcome::Passed)
    });
    Ok(report)
}
