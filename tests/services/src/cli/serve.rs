//! `serve`: keeps the servers until it is told to end. Knows not who started it.
use std::process::ExitCode;

use anyhow::Context;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use warpgrid_test_services::Services;

use super::flags::UpFlags;
use super::{clients, lock, report, started};

/// Starts, reports, waits for SIGTERM or SIGINT, stops.
pub(super) fn serve(flags: &UpFlags) -> anyhow::Result<ExitCode> {
    // The terminal that `up` was typed into may close. Whoever leads a group already has none.
    let _ = rustix::process::setsid();
    let state = &flags.state.state;
    let Some(_lock) = lock::try_take(state)? else {
        anyhow::bail!("another one serves `{}`", state.display());
    };
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("listening for signals")?;
    let services = Services::from_environment()?;
    clients::write(&services, &state.join("bin"))?;
    let started = started::start(&services, &flags.choice)?;
    report::write(state, &started, &started::environment(&services, &started.servers))?;
    signals.forever().next();
    report::remove(state);
    drop(started);
    Ok(ExitCode::SUCCESS)
}
