//! `run`: servers for the length of one command. Knows not what the command is.
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use warpgrid_test_services::Services;

use super::flags::RunFlags;
use super::{clients, started};

/// Starts the servers, runs the command, stops them, and gives the command's exit code; 128 and the number of the signal
/// that ended it, as shells do.
pub(super) fn run(flags: &RunFlags) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("listening for signals")?;
    let services = Services::from_environment()?;
    let started = started::start(&services, &flags.choice)?;
    if let Some(reason) = &started.missing {
        eprintln!("{reason}");
    }
    let folder = tempfile::Builder::new().prefix("warpgrid-clients-").tempdir().context("making a folder")?;
    clients::write(&services, folder.path())?;
    let mut path = std::ffi::OsString::from(folder.path());
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    let program = &flags.command[0];
    // A name without a slash is looked for on the path of this process, which has no clients.
    let own = folder.path().join(program);
    let found = if own.is_file() { own.as_os_str() } else { program.as_os_str() };
    let mut child = Command::new(found)
        .args(&flags.command[1..])
        .envs(started::environment(&services, &started.servers))
        .env("PATH", path)
        .spawn()
        .with_context(|| format!("starting `{}`", program.display()))?;
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("the command has no process")?;
    let handle = signals.handle();
    let passes_on = std::thread::spawn(move || {
        for signal in signals.forever() {
            // Ctrl-C reaches the command by itself; whoever ends us means the command.
            if signal == SIGTERM {
                let _ = kill_process(id, Signal::TERM);
            }
        }
    });
    let status = child.wait().context("waiting for the command")?;
    handle.close();
    // It only passes signals on.
    let _ = passes_on.join();
    drop(started);
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}
