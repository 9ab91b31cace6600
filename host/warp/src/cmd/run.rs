//! `warp run`: loads a command and runs it in this process; knows no shim from the inside.

use crate::report::{self, hinted};
use anyhow::Context;
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use warpgrid_host::application::LoadError;
use warpgrid_host::instance::{Folder, InstanceOptions, Outcome, RunError, Stdio};
use warpgrid_host::link::LinkError;
use warpgrid_host::{AppConfig, WarpConfig, WarpGridEngine};

/// Run a command: a component of WASI 0.2 or 0.3, or a Preview 1 module.
///
/// The guest gets standard input, output and error, its arguments, and what warp.toml and the flags
/// grant; nothing else. It cannot open network connections.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code: that of the guest; 134 when the guest trapped; 125 when it could not be run.

Examples:
  warp run hello.wasm
  warp run --config warp.toml users.wasm -- --verbose
  warp run --env LANG=C --dir ./data::/data import.wasm /data/users.csv")]
pub(crate) struct RunArgs {
    /// The component or module.
    component: PathBuf,
    /// The configuration; `warp.toml` in the current folder is not read by itself.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set a variable of the guest's environment; it wins over the configuration.
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_variable)]
    env: Vec<(String, String)>,
    /// Let the guest see a folder of the host, to read and write. Without `::GUEST` the path is the same.
    #[arg(long, value_name = "HOST[::GUEST]", value_parser = parse_folder)]
    dir: Vec<Folder>,
    /// The guest's arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

fn parse_variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

fn parse_folder(text: &str) -> Result<Folder, String> {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    if host.is_empty() || guest.is_empty() {
        return Err("expected HOST or HOST::GUEST".to_owned());
    }
    Ok(Folder { host: host.into(), guest: guest.to_owned(), read_only: false })
}

/// Runs the command and gives the guest's exit code.
pub(crate) fn run(args: RunArgs) -> anyhow::Result<ExitCode> {
    let path = &args.component;
    let bytes = std::fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let (config, base) = read_config(args.config.as_deref())?;
    let options = options(&args, &config, &base)?;
    let app = AppConfig {
        name: config.name.clone().unwrap_or_else(|| name_of(path)),
        registry: config.registry.clone(),
        hosts: config.hosts_file(),
        ..AppConfig::default()
    };
    let engine = WarpGridEngine::new(config.shims)?;
    let application = engine.load_module(&bytes, app).map_err(|error| explain(error, path))?;

    // One guest: one thread drives it, and blocking work has threads of its own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the event loop")?;
    let result = runtime.block_on(application.instantiate(options).run());
    // A read of standard input that never returns must not hold up the end.
    runtime.shutdown_background();
    std::io::stdout().flush().context("cannot write to standard output")?;
    match result {
        Ok(Outcome::Exited(code)) => Ok(ExitCode::from(exit_byte(code))),
        Err(RunError::Trap { trap, frames }) => {
            eprintln!("error: the guest `{}` trapped: {trap}", path.display());
            for frame in frames.iter().take(32) {
                eprintln!("  at {frame}");
            }
            Ok(ExitCode::from(report::TRAP))
        }
        Err(error) => Err(error).with_context(|| format!("`{}` did not run to its end", path.display())),
    }
}

/// A system passes on the low byte of an exit code; a code whose low byte is 0 must not look like success.
fn exit_byte(code: i32) -> u8 {
    match code.to_le_bytes()[0] {
        0 if code != 0 => 1,
        byte => byte,
    }
}

fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(|| "guest".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The configuration and the folder that its relative paths start at.
fn read_config(path: Option<&Path>) -> anyhow::Result<(WarpConfig, PathBuf)> {
    let Some(path) = path else { return Ok((WarpConfig::default(), PathBuf::new())) };
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let (config, warnings) = WarpConfig::parse(&text, path).map_err(|error| {
        let hints = error.hint.clone().into_iter().collect();
        hinted(error, hints)
    })?;
    for warning in warnings {
        tracing::warn!("`{}` {warning}", path.display());
    }
    Ok((config, path.parent().map(Path::to_owned).unwrap_or_default()))
}

fn options(args: &RunArgs, config: &WarpConfig, base: &Path) -> anyhow::Result<InstanceOptions> {
    let name = config.name.clone().unwrap_or_else(|| name_of(&args.component));
    let mut environment = config.environment(|name| std::env::var(name).ok())?;
    for (name, value) in &args.env {
        environment.retain(|(known, _)| known != name);
        environment.push((name.clone(), value.clone()));
    }
    let configured =
        config.folders.iter().map(|folder| Folder { host: base.join(&folder.host), ..folder.clone() });
    Ok(InstanceOptions {
        arguments: std::iter::once(name).chain(args.arguments.iter().cloned()).collect(),
        environment,
        folders: configured.chain(args.dir.iter().cloned()).collect(),
        stdio: Stdio::Inherit,
        ..InstanceOptions::default()
    })
}

/// Says which file did not load, and what the user can do.
fn explain(error: LoadError, path: &Path) -> anyhow::Error {
    let hints = match &error {
        LoadError::Link(error @ LinkError::Missing(_)) => error.hints(),
        LoadError::Adapt(_) => vec![
            "warp runs components and Preview 1 modules; the SDK's `clang file.c -o file.wasm` makes one"
                .to_owned(),
        ],
        _ => Vec::new(),
    };
    anyhow::Error::from(report::Hinted { error: error.into(), hints })
        .context(format!("cannot run `{}`", path.display()))
}
