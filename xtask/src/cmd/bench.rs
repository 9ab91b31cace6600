//! `cargo xtask bench`: measures and keeps JSON; knows no measurement from the inside.
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::bench::{self, Facts, Figures, GoalFigures, PoolUnderTest};
use crate::paths::Paths;
use crate::plan::{LibcRoad, Options, Part, RustRoad};
use crate::run::{self, RunOptions, job_count};
use crate::suite::{SdkUnderTest, SuiteContext, keep_driver, run_alone};
use crate::{guests, services};

/// Flags of `bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask bench build                             measure builds and the first guest
  cargo xtask bench build --json target/bench.json    keep the figures
  cargo xtask bench build --skip-cold                 in a few minutes
  cargo xtask bench host --json target/host.json      the host against bare wasmtime and `wasmtime serve`
  cargo xtask bench pool --json target/pool.json      database sessions against none, and against PgBouncer
  cargo xtask bench pool --only bulk,connects         two groups of it

Single figures are of this machine; only the ratios compare.")]
pub struct BenchArgs {
    /// What to measure
    #[arg(value_enum)]
    what: Benchmark,
    /// Write the figures as JSON
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// How often to measure each pair
    #[arg(long, default_value_t = 5, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=10))]
    rounds: u8,
    /// Leave out the cold build, which takes as long as compiling the host
    #[arg(long)]
    skip_cold: bool,
    /// Of `pool`: measure these groups alone
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(bench::POOL_GROUPS))]
    only: Vec<String>,
}

/// The benchmarks there are.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Benchmark {
    /// Builds of the SDK, and the time to a first guest
    Build,
    /// Starting instances, calls, names, files, HTTP
    Host,
    /// Database sessions: queries, connections, waiting, and PgBouncer beside it
    Pool,
}

/// Measures and prints; writes JSON when asked.
///
/// # Errors
/// When the SDK cannot be built or a measured command fails.
pub fn run(args: &BenchArgs, paths: &Paths) -> anyhow::Result<ExitCode> {
    let _alone = run_alone(paths)?;
    let jobs = job_count(None);
    match args.what {
        Benchmark::Build => run_build(args, paths, jobs),
        Benchmark::Host => run_host(args, paths, jobs),
        Benchmark::Pool => run_pool(args, paths, jobs),
    }
}

fn run_build(args: &BenchArgs, paths: &Paths, jobs: usize) -> anyhow::Result<ExitCode> {
    let sdk = Some(SdkUnderTest::prepare(paths, jobs, false, RustRoad::Auto)?);
    let context = SuiteContext {
        paths,
        driver: keep_driver(paths)?,
        sdk,
        full: false,
        jobs,
        offline: false,
        rust: RustRoad::Auto,
        bless: false,
    };
    let figures = bench::run_build(&context, usize::from(args.rounds), args.skip_cold)?;
    print(&figures);
    if let Some(path) = &args.json {
        figures.write(path)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The host is measured without an SDK.
fn run_host(args: &BenchArgs, paths: &Paths, jobs: usize) -> anyhow::Result<ExitCode> {
    let options = RunOptions { offline: false, jobs };
    let wasmtime = run::stock_wasmtime(paths, &options)?;
    let guests = guests::build(paths, &options, RustRoad::Auto)?;
    let figures = bench::run_host(paths, usize::from(args.rounds), &guests, &wasmtime)?;
    keep(args, &figures)
}

/// The pool is measured without an SDK as well.
fn run_pool(args: &BenchArgs, paths: &Paths, jobs: usize) -> anyhow::Result<ExitCode> {
    let options = RunOptions { offline: false, jobs };
    let plan =
        Options { only: vec![Part::Warp], targets: vec![], libc: LibcRoad::Auto, rust: RustRoad::Auto };
    let parts = run::build_parts(paths, &plan, &options)?;
    let part = parts.first().context("the plan for `warp` builds nothing")?;
    let measured = PoolUnderTest {
        warp: part.join("bin/warp"),
        guests: guests::build(paths, &options, RustRoad::Auto)?,
        services: services::folder(paths, &options)?,
    };
    let figures = bench::run_pool(paths, usize::from(args.rounds), &measured, &args.only)?;
    keep(args, &figures)
}

fn keep(args: &BenchArgs, figures: &GoalFigures) -> anyhow::Result<ExitCode> {
    print_goals(figures);
    if let Some(path) = &args.json {
        figures.write(path)?;
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print_facts(facts: &Facts) {
    println!("{} at {} on {}", facts.benchmark, facts.commit, facts.machine);
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print_goals(figures: &GoalFigures) {
    print_facts(&figures.facts);
    for figure in &figures.figures {
        let verdict = match figure.met {
            Some(true) => ": met",
            Some(false) => ": not met",
            None if figure.ours.is_none() => ": not measured",
            None => "",
        };
        println!("{}: {}{verdict}", figure.name, figure.goal);
        match (&figure.ours, &figure.other) {
            (Some(ours), Some(other)) => {
                println!("  {:.1} {} against {:.1} {}", ours.value, ours.unit, other.value, other.unit);
            }
            (Some(ours), None) => println!("  {:.1} {}", ours.value, ours.unit),
            (None, _) => {}
        }
        if let (Some(ratio), Some(low), Some(high)) = (figure.ratio, figure.low, figure.high) {
            println!("  ratio {ratio:.4} ({low:.4} to {high:.4})");
        }
    }
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(figures: &Figures) {
    print_facts(&figures.facts);
    for (name, value) in &figures.figures {
        println!("  {name:<40} {value:>14.2}");
    }
    for (name, ratio) in &figures.ratios {
        println!(
            "  {name}: {:.4} ({:.4} to {:.4}, {} rounds)",
            ratio.median, ratio.low, ratio.high, ratio.rounds
        );
    }
    for note in &figures.notes {
        println!("  note: {note}");
    }
}
