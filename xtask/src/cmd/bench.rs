//! `cargo xtask bench`: measures and keeps JSON; knows no measurement from the inside.
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;

use crate::bench::{self, Figures, HostFigure};
use crate::paths::Paths;
use crate::plan::RustRoad;
use crate::run::{self, RunOptions, job_count};
use crate::suite::{SdkUnderTest, SuiteContext, keep_driver, run_alone};
use crate::{file, guests};

/// Flags of `bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask bench build                             measure builds and the first guest
  cargo xtask bench build --json target/bench.json    keep the figures
  cargo xtask bench build --skip-cold                 in a few minutes
  cargo xtask bench host --json target/host.json      the host against bare wasmtime and `wasmtime serve`

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
}

/// The benchmarks there are.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Benchmark {
    /// Builds of the SDK, and the time to a first guest
    Build,
    /// Starting instances, calls, names, files, HTTP
    Host,
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
    print_host(&figures);
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&figures).context("writing figures as JSON")?;
        file::replace(path, (text + "\n").as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print_host(figures: &[HostFigure]) {
    for figure in figures {
        let HostFigure { name, goal, .. } = figure;
        let verdict = match figure.met {
            Some(true) => "met",
            Some(false) => "not met",
            None => "not measured",
        };
        println!("{name}: {goal}: {verdict}");
        if let (Some(ours), Some(other)) = (&figure.ours, &figure.other) {
            println!("  {:.1} {} against {:.1} {}", ours.value, ours.unit, other.value, other.unit);
        }
        if let (Some(ratio), Some(low), Some(high)) = (figure.ratio, figure.low, figure.high) {
            println!("  ratio {ratio:.4} ({low:.4} to {high:.4})");
        }
    }
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(figures: &Figures) {
    println!("{} at {} on {}", figures.benchmark, figures.commit, figures.machine);
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
