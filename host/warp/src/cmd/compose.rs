//! `warp compose`: puts the fallback behind the shim imports of a component; knows no engine.

use crate::report::hinted;
use anyhow::{Context, anyhow};
use clap::Args;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use warpgrid_host::{adapt, compose};

/// Make a component run anywhere: on this host with the real shims, elsewhere with a fallback.
///
/// The fallback answers "not handled" to every call, so that a stock engine such as wasmtime runs the
/// program with its ordinary behaviour. `warp run` takes the fallback out again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  warp compose users.wasm -o users.everywhere.wasm
  warp compose users.wasm -o out.wasm --fallback my-fallback.wasm")]
pub(crate) struct ComposeArgs {
    /// The component or Preview 1 module.
    component: PathBuf,
    /// Where to write the result.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The fallback component; the default is the SDK's own.
    #[arg(long, value_name = "FILE")]
    fallback: Option<PathBuf>,
}

/// Composes and writes the result.
pub(crate) fn run(args: &ComposeArgs) -> anyhow::Result<ExitCode> {
    let (input, output) = (&args.component, &args.output);
    let bytes = std::fs::read(input).with_context(|| format!("cannot read `{}`", input.display()))?;
    let failed = || format!("cannot compose `{}`", input.display());
    if compose::take_apart(&bytes).is_ok_and(|parts| parts.is_some()) {
        write(output, &bytes)?;
        eprintln!("`{}` is composed already: copied unchanged", input.display());
        return Ok(ExitCode::SUCCESS);
    }
    let component = adapt::to_component(&bytes).with_context(failed)?;
    if compose::shim_imports(&component).with_context(failed)?.is_empty() {
        write(output, &bytes)?;
        eprintln!("`{}` imports no shim and runs anywhere: copied unchanged", input.display());
        return Ok(ExitCode::SUCCESS);
    }
    let fallback = match &args.fallback {
        Some(path) => path.clone(),
        None => sdk_fallback()?,
    };
    let stub = std::fs::read(&fallback).with_context(|| format!("cannot read `{}`", fallback.display()))?;
    let composed = compose::with_fallback(&component, &stub)
        .with_context(|| format!("cannot compose `{}` with `{}`", input.display(), fallback.display()))?;
    write(output, composed.as_deref().unwrap_or(&component))?;
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
}

/// The fallback of the SDK that this program belongs to: `share/warpgrid/fallback/fallback.wasm`, or the
/// only `.wasm` file beside it.
fn sdk_fallback() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("cannot tell where warp itself is")?;
    let folder = program.parent().and_then(Path::parent).map(|sdk| sdk.join("share/warpgrid/fallback"));
    let folder = folder.context("cannot tell where the SDK is")?;
    let none = || {
        let error = anyhow!("there is no fallback component in `{}`", folder.display());
        hinted(error, vec!["run the warp of an unpacked SDK, or name one with `--fallback`".to_owned()])
    };
    let mut found: Vec<PathBuf> = std::fs::read_dir(&folder)
        .map_err(|_| none())?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    found.sort();
    let named = found.iter().find(|path| path.file_stem().is_some_and(|name| name == "fallback"));
    match (named, found.as_slice()) {
        (Some(path), _) => Ok(path.clone()),
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(none()),
    }
}
