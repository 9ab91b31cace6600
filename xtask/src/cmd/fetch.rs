//! `cargo xtask fetch`: gets inputs into the cache; knows not what is built from them.
use std::process::ExitCode;

use crate::manifest::Manifest;
use crate::paths::Paths;
use crate::source::{FetchOptions, FetchedInput, Fetcher};

/// Flags of `fetch`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask fetch                  everything that a build or a test needs
  cargo xtask fetch llvm libc        these inputs only
  cargo xtask fetch --offline        is everything at hand? (cache and digest folder only)
  WARPGRID_DISTFILES=/mnt/files cargo xtask fetch    look into a folder of files by digest first")]
pub struct FetchArgs {
    /// Inputs of `sdk-manifest.toml`; all of them when none is named
    input: Vec<String>,
    /// Use no network: the cache and the digest folder only
    #[arg(long)]
    offline: bool,
    /// Downloads at the same time
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
    /// Print what was fetched as JSON
    #[arg(long)]
    json: bool,
}

/// Fetches the inputs and prints, for each, which source its bytes are from and where they lie.
///
/// # Errors
/// When the manifest is not valid, an input is unknown, or no source of an input answers with the pinned bytes.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub fn run(args: &FetchArgs, paths: &Paths) -> anyhow::Result<ExitCode> {
    let manifest = Manifest::load(&paths.manifest)?;
    let options = FetchOptions {
        offline: args.offline,
        jobs: usize::from(args.jobs),
        progress: true,
        ..FetchOptions::new(paths.cache.clone(), paths.distfiles.clone(), paths.clients.clone())
    };
    let names: Vec<&str> = if args.input.is_empty() {
        manifest.inputs.iter().map(|input| input.name.as_str()).collect()
    } else {
        args.input.iter().map(String::as_str).collect()
    };
    let fetched = Fetcher::new(options)?.fetch(&manifest, &names)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&fetched)?);
    } else {
        for input in &fetched {
            report(input);
        }
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn report(input: &FetchedInput) {
    for tried in &input.tried {
        eprintln!("note: {}: {}", input.input, tried.lines().next().unwrap_or_default());
    }
    println!("{} {} ({})", input.input, input.revision, input.kind_used.as_str());
    for artifact in &input.artifacts {
        println!("  {} {} {}", artifact.name, artifact.version, artifact.path.display());
    }
}
