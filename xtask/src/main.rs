//! `cargo xtask`: parse, find the root, dispatch; knows no command from the inside.
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;
use xtask::cmd;
use xtask::flags::{Command, Flags};
use xtask::hint::Hint;
use xtask::paths::Paths;
use xtask::source::Clients;

fn main() -> ExitCode {
    let flags = Flags::parse();
    match dispatch(flags.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            if let Some(hint) = error.chain().find_map(|cause| cause.downcast_ref::<Hint>()) {
                eprintln!("hint: {}", hint.hint());
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    let paths = find_paths()?;
    match command {
        Command::BuildSdk(args) => cmd::build_sdk::run(&args, &paths),
        Command::Fetch(args) => cmd::fetch::run(&args, &paths),
        Command::Pin(args) => cmd::pin::run(&args, &paths),
        Command::Rebase(args) => cmd::rebase::run(&args, &paths),
        Command::Verify(args) => cmd::verify::run(&args, &paths),
        Command::Ci(args) => cmd::ci::run(&args, &paths),
        Command::Bench(args) => cmd::bench::run(&args, &paths),
        Command::Services(args) => cmd::services::run(&args, &paths),
        Command::Tidy(args) => cmd::tidy::run(&args, &paths),
        Command::Doctor(args) => cmd::doctor::run(&args, &paths),
        Command::Clean(args) => cmd::clean::run(&args, &paths),
    }
}

/// Reads the few variables that place a build; nothing deeper in the code reads the environment.
fn find_paths() -> anyhow::Result<Paths> {
    let here = std::env::current_dir()?;
    let root =
        here.ancestors().find(|folder| folder.join("sdk-manifest.toml").is_file()).ok_or_else(|| {
            anyhow::Error::new(Hint::new(
                format!(
                    "`{}` is not inside a checkout of the SDK: no `sdk-manifest.toml` above it",
                    here.display()
                ),
                "change into the checkout and run the command again",
            ))
        })?;
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let absolute = |path: PathBuf| if path.is_absolute() { path } else { here.join(path) };
    let user_cache = || {
        variable("XDG_CACHE_HOME")
            .or_else(|| variable("HOME").map(|home| home.join(".cache")))
            .unwrap_or_else(|| root.join("target"))
            .join("warpgrid")
    };
    let mut paths = Paths::new(
        root.to_owned(),
        variable("WARPGRID_CACHE").map_or_else(user_cache, absolute),
        variable("WARPGRID_DISTFILES").map(absolute),
    );
    if let Some(folder) = paths.distfiles.as_deref().filter(|folder| !folder.is_dir()) {
        let message = format!("`$WARPGRID_DISTFILES` is `{}`, which is no folder", folder.display());
        return Err(Hint::new(message, "name a folder of input files, or unset the variable").into());
    }
    paths.bless = variable("BLESS").is_some();
    paths.clients = Clients::from_env(|name| std::env::var_os(name));
    if let Some(build) = variable("WARPGRID_BUILD") {
        paths.target = absolute(build);
    }
    if let Some(home) = variable("CARGO_HOME").or_else(|| variable("HOME").map(|home| home.join(".cargo"))) {
        paths.cargo_home = absolute(home);
    }
    paths.host_build = variable("WARPGRID_HOST_BUILD").map_or_else(|| paths.target.join("cargo"), absolute);
    Ok(paths)
}
