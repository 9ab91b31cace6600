//! `cargo xtask pin`: takes what sources carry now into the rows below the divider; changes nothing above it.
use std::process::ExitCode;

use crate::hint::WithHint;
use crate::manifest::{Input, Manifest, Pin, Pinned};
use crate::paths::Paths;
use crate::source::{Clients, FetchOptions, Fetcher, Repin};

/// Flags of `pin`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask pin llvm             take the versions that the registries carry now, within `version` of the manifest
  cargo xtask pin libc --update    also ask the project's repository and release assets
  cargo xtask pin                  pin what has no pin yet, and drop rows that belong to no source")]
pub struct PinArgs {
    /// Inputs of `sdk-manifest.toml`; without one, only what has no pin is pinned
    input: Vec<String>,
    /// Also resolve git references and hash release assets anew
    #[arg(long, requires = "input")]
    update: bool,
}

/// Rewrites the rows of the inputs and prints each change as old → new.
///
/// # Errors
/// When the part for people is not valid, an input is unknown, or a source that has to be asked does not answer.
pub fn run(args: &PinArgs, paths: &Paths) -> anyhow::Result<ExitCode> {
    let clients = Clients::from_env(|name| std::env::var_os(name));
    run_with(args, paths, clients)
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn run_with(args: &PinArgs, paths: &Paths, clients: Clients) -> anyhow::Result<ExitCode> {
    let (before, text) = Manifest::load_for_pinning(&paths.manifest)?;
    let options = FetchOptions {
        progress: true,
        ..FetchOptions::new(paths.cache.clone(), paths.distfiles.clone(), clients)
    };
    let fetcher = Fetcher::new(options)?;
    let reach = match (args.input.is_empty(), args.update) {
        (true, _) => Repin::Missing,
        (false, false) => Repin::Registries,
        (false, true) => Repin::Everything,
    };
    let mut after = before.clone();
    for input in chosen(&before, &args.input)? {
        let pins = fetcher.current_pins(&before, input, reach).hint(
            "nothing was written; check the network, or the `version` of the source in `sdk-manifest.toml`",
        )?;
        after.pins.retain(|pin| pin.input != input.name);
        after.pins.extend(pins);
    }
    let rendered = after.render(&text);
    for line in changes(&before.pins, &Manifest::parse("the new manifest", &rendered)?.pins) {
        println!("{line}");
    }
    if rendered == text {
        println!("nothing changed");
    } else {
        Manifest::store(&paths.manifest, &rendered)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn chosen<'a>(manifest: &'a Manifest, names: &[String]) -> anyhow::Result<Vec<&'a Input>> {
    if names.is_empty() {
        return Ok(manifest.inputs.iter().collect());
    }
    names.iter().map(|name| manifest.input(name)).collect()
}

/// One line for each row that was added, changed or dropped.
fn changes(before: &[Pin], after: &[Pin]) -> Vec<String> {
    let same_row = |left: &Pin, right: &Pin| {
        (&left.input, left.kind, &left.name) == (&right.input, right.kind, &right.name)
    };
    let mut lines = Vec::new();
    for new in after {
        let (input, kind, name) = (&new.input, new.kind, &new.name);
        match before.iter().find(|old| same_row(old, new)) {
            Some(old) if old == new => {}
            Some(old) => lines.push(format!("{input}: {kind} {name}: {} → {}", short(old), short(new))),
            None => lines.push(format!("{input}: {kind} {name}: new, {}", short(new))),
        }
    }
    for old in before {
        if !after.iter().any(|new| same_row(old, new)) {
            lines.push(format!("{}: {} {}: dropped, was {}", old.input, old.kind, old.name, short(old)));
        }
    }
    lines
}

fn short(pin: &Pin) -> String {
    let digest = match &pin.pinned {
        Pinned::File { sha256, .. } => sha256,
        Pinned::Commit { commit, .. } => commit,
    };
    format!("{} ({})", pin.version, digest.get(..12).unwrap_or(digest))
}
