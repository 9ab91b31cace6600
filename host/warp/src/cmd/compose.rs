//! `warp compose`: makes a component that also runs on hosts without our shims; knows no engine.
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use warpgrid_host::load;
use warpgrid_host::portable::{Composed, compose};

use crate::hint::Hint;

/// Where the fallback lies, seen from the folder of this program.
const FALLBACK: &str = "../share/warpgrid/fallback/warpgrid-shim-fallback.wasm";

/// Flags of `compose`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  warp compose app.wasm -o app.portable.wasm
  wasmtime run app.portable.wasm                        stock behaviour
  warp run --config warp.toml app.portable.wasm         the real shims, as with app.wasm")]
pub struct ComposeArgs {
    /// The component, or a Preview 1 module
    component: PathBuf,
    /// Where to write the result
    #[arg(short, long, value_name = "PATH")]
    output: PathBuf,
    /// Another fallback component than the SDK's
    #[arg(long, value_name = "PATH")]
    fallback: Option<PathBuf>,
}

/// Composes; a component that imports no shim is copied as it is, and that is said.
///
/// # Errors
/// When a file cannot be read or written, or is no component.
pub fn run(args: &ComposeArgs) -> anyhow::Result<ExitCode> {
    let bytes = read(&args.component)?;
    let component = load::to_component(&bytes)
        .with_context(|| format!("cannot compose `{}`", args.component.display()))?;
    let fallback = match &args.fallback {
        Some(path) => read(path)?,
        None => read_own_fallback()?,
    };
    let composed = compose(&component, &fallback)
        .with_context(|| format!("cannot compose `{}`", args.component.display()))?;
    match composed {
        Composed::NothingToDo => {
            write(&args.output, &component)?;
            eprintln!("`{}` imports no shim: it runs everywhere as it is", args.component.display());
        }
        Composed::Portable { bytes, interfaces } => {
            write(&args.output, &bytes)?;
            eprintln!("`{}` stands on its own where a host lacks {}", args.output.display(), interfaces.join(", "));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn read_own_fallback() -> anyhow::Result<Vec<u8>> {
    let program = std::env::current_exe().context("cannot find the path of this program")?;
    let path = program.parent().unwrap_or(Path::new(".")).join(FALLBACK);
    std::fs::read(&path).map_err(|error| {
        let message = format!("cannot read the SDK's fallback `{}`: {error}", path.display());
        Hint::new(message, "run the `warp` of an unpacked SDK, or give `--fallback <component>`").into()
    })
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// Writes beside the target first: a failed run leaves what was there.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let partial = path.with_extension("partial");
    std::fs::write(&partial, bytes)
        .and_then(|()| std::fs::rename(&partial, path))
        .with_context(|| format!("cannot write `{}`", path.display()))
}
