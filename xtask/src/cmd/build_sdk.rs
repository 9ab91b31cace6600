//! `cargo xtask build-sdk`: plans, then runs the plan; knows no step from the inside.
use std::process::ExitCode;

use crate::paths::Paths;
use crate::plan::{LibcRoad, Options, Part, Plan, RustRoad};
use crate::run::{self, RunOptions};

/// Flags of `build-sdk`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask build-sdk                                    the whole SDK, packed and verified
  cargo xtask build-sdk --dry-run                          print the steps and stop
  cargo xtask build-sdk --only libc --target wasm32-wasip2 one part and what it needs, not packed
  cargo xtask build-sdk --libc overlay                     sysroots from the prebuilt stock libc
  cargo xtask build-sdk --rust packages                    Rust's standard library built from Debian's packages
  cargo xtask build-sdk --offline                          only from the cache and $WARPGRID_DISTFILES

The path of the tarball is the only line on standard output.")]
pub struct BuildSdkArgs {
    /// Print the steps and stop
    #[arg(long)]
    dry_run: bool,
    /// Build only this part and what it needs (may be given several times); nothing is packed
    #[arg(long, value_enum, value_name = "PART")]
    only: Vec<Part>,
    /// Build sysroots only for this target (may be given several times); needs --only
    #[arg(long, value_name = "TRIPLE")]
    target: Vec<String>,
    /// The road to the C library
    #[arg(long, value_enum, default_value = "auto", value_name = "ROAD")]
    libc: LibcRoad,
    /// The road to Rust's standard library
    #[arg(long, value_enum, default_value = "auto", value_name = "ROAD")]
    rust: RustRoad,
    /// Do not use the network
    #[arg(long)]
    offline: bool,
    /// How many things to do at once (default: one per core)
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
}

/// Builds what the flags ask for.
///
/// # Errors
/// When the manifest is wrong, a flag names what it does not have, or a step fails.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub fn run(args: &BuildSdkArgs, paths: &Paths) -> anyhow::Result<ExitCode> {
    if !args.target.is_empty() && args.only.is_empty() && !args.dry_run {
        return Err(crate::hint::Hint::new(
            "a packed SDK has every target of the manifest",
            "add `--only libc` to build the sysroots of one target",
        )
        .into());
    }
    let options =
        Options { only: args.only.clone(), targets: args.target.clone(), libc: args.libc, rust: args.rust };
    if args.dry_run {
        print!("{}", Plan::build(&run::outline(paths)?, &options)?);
        return Ok(ExitCode::SUCCESS);
    }
    let run_options = RunOptions { offline: args.offline, jobs: run::job_count(args.jobs) };
    if args.only.is_empty() {
        let built = run::build(paths, &options, &run_options)?;
        eprint!("{}", built.summary);
        println!("{}", built.tarball.display());
    } else {
        for output in run::build_parts(paths, &options, &run_options)? {
            println!("{}", output.display());
        }
    }
    Ok(ExitCode::SUCCESS)
}
