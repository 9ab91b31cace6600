//! `cargo xtask fetch`: gets inputs into the cache; knows not what is built from them.
use std::process::ExitCode;

use crate::manifest::{Manifest, Role};
use crate::paths::Paths;
use crate::source::{FetchOptions, FetchedInput, Fetcher};

/// Flags of `fetch`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask fetch                  everything that a build or a test needs
  cargo xtask fetch llvm libc        these inputs only
  cargo xtask services fetch         the database servers of tests, which are not among everything
  cargo xtask fetch --offline        is everything at hand? (cache and digest folder only)
  WARPGRID_DISTFILES=/mnt/files cargo xtask fetch    look into a folder of files by digest first")]
pub struct FetchArgs {
    /// Inputs of `sdk-manifest.toml`; all but the services when none is named
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
        all_but_services(&manifest)
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

/// What a build or a test of the SDK needs. A service may be gone from its suite without anybody missing it here.
fn all_but_services(manifest: &Manifest) -> Vec<&str> {
    let inputs = manifest.inputs.iter().filter(|input| input.role != Role::Service);
    inputs.map(|input| input.name.as_str()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_fetched_only_by_name() {
        let text = include_str!("../../tests/manifest/good.toml");
        let manifest = Manifest::parse("good.toml", text).unwrap();
        assert!(manifest.input("redis").is_ok());
        assert_eq!(all_but_services(&manifest), ["libc", "zlib"]);
    }
}
