//! `cargo xtask clean`: removes what builds wrote; never touches the cache unless told to.
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

use crate::paths::Paths;
use crate::services;

/// Flags of `clean`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask clean            remove target/warpgrid (the next build takes its inputs from the cache)
  cargo xtask clean --cache    also remove the cache that all clones share")]
pub struct CleanArgs {
    /// Also remove the shared cache of inputs and built parts
    #[arg(long)]
    cache: bool,
}

/// Removes the build folder, and the cache when asked.
///
/// # Errors
/// When something cannot be removed.
pub fn run(args: &CleanArgs, paths: &Paths) -> anyhow::Result<ExitCode> {
    remove(&paths.target)?;
    if args.cache {
        remove(&paths.cache)?;
        // Where root's database servers lie; another user has none there.
        if services::folder_outside_cache().is_dir() {
            remove(services::folder_outside_cache())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Ok(()) => eprintln!("removed {}", folder.display()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("nothing at {}", folder.display());
        }
        Err(error) => return Err(error).with_context(|| format!("removing `{}`", folder.display())),
    }
    Ok(())
}
