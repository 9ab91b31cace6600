//! `up`: starts `serve` in the background and waits until it reports. Knows no server.
use std::fs::File;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::flags::UpFlags;
use super::{lock, report};

/// Longer than any server may take.
const START: Duration = Duration::from_secs(240);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Starts the servers unless they run.
pub(super) fn up(flags: &UpFlags) -> anyhow::Result<ExitCode> {
    let state =
        &std::path::absolute(&flags.state.state).context("making the folder of the state absolute")?;
    match lock::try_take(state)? {
        Some(lock) => drop(lock),
        None => {
            eprintln!("they run already; `down` stops them");
            report::print(&report::read(state)?, flags.state.json)?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    report::remove(state);
    let path = state.join("log");
    let log = File::create(&path).with_context(|| format!("writing `{}`", path.display()))?;
    let errors = log.try_clone().with_context(|| format!("opening `{}`", path.display()))?;
    let mut command = Command::new(std::env::current_exe().context("finding this program")?);
    command.arg("serve").arg("--state").arg(state);
    for chosen in &flags.choice.only {
        command.args(["--only", chosen.0.as_str()]);
    }
    for port in &flags.choice.port {
        command.arg("--port").arg(format!("{}={}", port.0.as_str(), port.1));
    }
    let mut child =
        command.stdin(Stdio::null()).stdout(log).stderr(errors).spawn().context("starting the servers")?;
    let end = Instant::now() + START;
    while !state.join("state.json").is_file() {
        if child.try_wait().context("waiting for the servers")?.is_some() {
            let said = std::fs::read_to_string(&path).unwrap_or_default();
            bail!("{}", said.trim().trim_start_matches("error: "));
        }
        if Instant::now() > end {
            // It holds the lock and is told to end by `down`.
            bail!("the servers do not answer within {} s; see `{}`", START.as_secs(), path.display());
        }
        std::thread::sleep(LOOK);
    }
    report::print(&report::read(state)?, flags.state.json)?;
    Ok(ExitCode::SUCCESS)
}
