//! `cargo xtask ci`: runs suites and reports them; knows no suite from the inside.
use std::path::PathBuf;
use std::process::ExitCode;

use crate::hint::Hint;
use crate::paths::Paths;
use crate::plan::RustRoad;
use crate::report::{Outcome, SuiteReport, Totals, write_junit};
use crate::run::job_count;
use crate::suite::{SUITES, SdkUnderTest, Suite, SuiteContext, keep_driver, run_alone};

/// Flags of `ci`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask ci                            everything; builds the SDK first if that is needed
  cargo xtask ci --quick                    what to run before a push, in minutes
  cargo xtask ci --only libc --only series  two suites
  cargo xtask ci --junit target/junit.xml   also write JUnit, one row a case

Three suites have a full size beside that of CI, with --full:
  robustness  also kills builds at 200 random moments; CI: at four points, each in another step
  repro       builds each variation alone, and one with nothing cached; CI: two builds for all others
  vfs-fuzz    makes up a million paths; CI: 50,000

The last line is `N passed, N failed, N skipped`; the exit code is 1 when anything failed.")]
pub struct CiArgs {
    /// Only the suites that need no built SDK and take minutes
    #[arg(long, conflicts_with = "only")]
    quick: bool,
    /// Only this suite (may be given several times)
    #[arg(long, value_name = "SUITE")]
    only: Vec<String>,
    /// List the suites and stop
    #[arg(long)]
    list: bool,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "PATH")]
    junit: Option<PathBuf>,
    /// Full sizes instead of those that fit into CI
    #[arg(long)]
    full: bool,
    /// The road to Rust's standard library, for the SDK and for guests
    #[arg(long, value_enum, default_value = "auto", value_name = "ROAD")]
    rust: RustRoad,
    /// Do not use the network
    #[arg(long)]
    offline: bool,
    /// How many things to do at once (default: one per core)
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

/// Runs the suites asked for; exit code 1 when a case failed.
///
/// # Errors
/// When a suite is unknown, the SDK cannot be built, or the report not be written.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub fn run(args: &CiArgs, paths: &Paths) -> anyhow::Result<ExitCode> {
    if args.list {
        for suite in SUITES {
            let mark = if suite.quick { " (quick)" } else { "" };
            println!("{:<13}{}{mark}", suite.name, suite.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let suites = choose(args)?;
    let _alone = run_alone(paths)?;
    let jobs = job_count(args.jobs);
    let mut context = SuiteContext {
        paths,
        driver: keep_driver(paths)?,
        sdk: None,
        full: args.full,
        jobs,
        offline: args.offline,
        rust: args.rust,
        bless: paths.bless,
    };
    let mut reports = Vec::new();
    let mut unbuilt = false;
    for suite in suites {
        if suite.needs_sdk && context.sdk.is_none() && !unbuilt {
            match SdkUnderTest::prepare(paths, jobs, args.offline, args.rust) {
                Ok(sdk) => context.sdk = Some(sdk),
                Err(error) => {
                    unbuilt = true;
                    let report = broken("build", &error);
                    print_report(&report);
                    reports.push(report);
                }
            }
        }
        if suite.needs_sdk && unbuilt {
            eprintln!("==> {} cannot run without an SDK", suite.name);
            continue;
        }
        eprintln!("==> {}: {}", suite.name, suite.about);
        let report = (suite.run)(&context).unwrap_or_else(|error| broken(suite.name, &error));
        print_report(&report);
        reports.push(report);
    }
    if let Some(path) = &args.junit {
        write_junit(path, &reports)?;
    }
    let mut totals = Totals::default();
    for report in &reports {
        totals += report.totals();
    }
    println!("{totals}");
    Ok(if totals.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn choose(args: &CiArgs) -> anyhow::Result<Vec<&'static Suite>> {
    for name in &args.only {
        if !SUITES.iter().any(|suite| suite.name == name) {
            let names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
            let message = format!("unknown suite `{name}`");
            return Err(Hint::new(message, format!("the suites are: {}", names.join(", "))).into());
        }
    }
    Ok(SUITES
        .iter()
        .filter(|suite| args.only.is_empty() || args.only.iter().any(|name| name == suite.name))
        .filter(|suite| !args.quick || suite.quick)
        .collect())
}

/// A suite that could not run at all counts as one failed case.
fn broken(name: &str, error: &anyhow::Error) -> SuiteReport {
    let mut report = SuiteReport::new(name);
    report.case("the suite itself", || anyhow::bail!("{error:#}"));
    report
}

fn print_report(report: &SuiteReport) {
    for case in &report.cases {
        match &case.outcome {
            Outcome::Passed => {}
            Outcome::Failed(text) => eprintln!("FAILED {}: {}\n{}", report.name, case.name, indent(text)),
            Outcome::Skipped(reason) => eprintln!("skipped {}: {}: {reason}", report.name, case.name),
        }
    }
    let seconds: f64 = report.cases.iter().map(|case| case.duration.as_secs_f64()).sum();
    eprintln!("    {}: {} ({seconds:.1} s)", report.name, report.totals());
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}
