//! One block of the tour as a person would type or write it; knows not what it says.
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};

use super::super::SuiteContext;
use super::page::{Block, is_as_shown};
use super::servers::TourServers;
use crate::exec::{Finished, Program};
use crate::report::Outcome;
use crate::tree;

/// Longer than a block may take, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(300);
/// The same for one that compiles crates.
const COMPILING_LIMIT: Duration = Duration::from_secs(1800);

/// A block that is a file says its name in its first line, as a comment.
pub(super) fn write(folder: &Path, block: &Block) -> anyhow::Result<()> {
    let first = block.title();
    let name = first.trim_start_matches(['/', '#', ' ']).split([' ', ':']).next().unwrap_or_default();
    anyhow::ensure!(!name.is_empty(), "a block of the tour does not say its file's name: `{first}`");
    let path = folder.join(name);
    tree::create(path.parent().unwrap_or(folder))?;
    std::fs::write(&path, &block.text).with_context(|| format!("writing `{name}`"))
}

/// Runs one block in `folder`, on a machine with nothing but the system's programs and cargo, and compares what it
/// prints with what the page shows. What it leaves running is killed.
pub(super) fn execute(
    context: &SuiteContext<'_>,
    servers: &TourServers,
    folder: &Path,
    block: &Block,
    shown: Option<&str>,
) -> anyhow::Result<Outcome> {
    let compiles = block.text.contains("cargo build");
    if (compiles || block.text.contains("wasm32-wasip2")) && !has_rust_target(context)? {
        let reason = "Rust has no standard library for wasm32-wasip2 here; \
                      hint: run `rustup target add wasm32-wasip2`";
        return Ok(Outcome::Skipped(reason.into()));
    }
    let sdk = context.sdk()?;
    let wasmtime = sdk.wasmtime.parent().unwrap_or(folder).display();
    let cargo = context.paths.cargo_home.join("bin");
    let mut shell = Program::new("/bin/sh")
        .args(["-e", "-c", &block.text])
        .current_dir(folder)
        .env("SDK", &sdk.folder)
        .env("CHECKOUT", &context.paths.root)
        .env("PATH", format!("{wasmtime}:{}:/usr/bin:/bin", cargo.display()))
        .env("PSQLRC", "/dev/null");
    if compiles {
        // Crates that an earlier run compiled, as on anyone's machine; what is built still lies where the page says.
        shell = shell.env("CARGO_BUILD_BUILD_DIR", servers.build().join("crates"));
    }
    if context.offline {
        shell = shell.env("CARGO_NET_OFFLINE", "true");
    }
    let limit = if compiles { COMPILING_LIMIT } else { LIMIT };
    let finished = finish(context, &servers.told(shell), limit)?;
    if finished.code != Some(0) {
        bail!("{}", finished.describe());
    }
    match shown {
        Some(shown) if !is_as_shown(&finished.stdout, shown) => {
            bail!("printed:\n{}\nthe README says:\n{shown}\n{}", finished.stdout, finished.stderr)
        }
        _ => Ok(Outcome::Passed),
    }
}

/// Waits for the end of the program and ends whatever it left running.
fn finish(context: &SuiteContext<'_>, program: &Program, limit: Duration) -> anyhow::Result<Finished> {
    let (output, messages) = (context.log("tour-output"), context.log("tour-messages"));
    let mut running = program.spawn_group_apart(&output, &messages)?;
    let code = running.wait_at_most(limit)?;
    running.kill()?;
    let read = |path: &Path| {
        let bytes = std::fs::read(path).with_context(|| format!("reading `{}`", path.display()))?;
        Ok::<_, anyhow::Error>(String::from_utf8_lossy(&bytes).into_owned())
    };
    let finished = Finished { code, stdout: read(&output)?, stderr: read(&messages)? };
    if code.is_none() {
        bail!("it did not end within {} s\n{}{}", limit.as_secs(), finished.stdout, finished.stderr);
    }
    Ok(finished)
}

/// Whether the machine's own Rust compiles for the sandbox.
fn has_rust_target(context: &SuiteContext<'_>) -> anyhow::Result<bool> {
    let printed = Program::new("rustc")
        .args(["--print", "target-libdir", "--target", "wasm32-wasip2"])
        .current_dir(&context.paths.root)
        .output()?;
    Ok(Path::new(printed.stdout.trim()).is_dir())
}
