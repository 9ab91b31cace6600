//! `down`: ends what `up` started. Knows no server.
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};

use super::flags::StateFlags;
use super::{lock, report};

/// How long the servers may take to end.
const END: Duration = Duration::from_secs(60);

/// Tells `serve` to end and waits until it has.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) fn down(flags: &StateFlags) -> anyhow::Result<ExitCode> {
    let state = &flags.state;
    let ran = match lock::try_take(state)? {
        Some(_nobody) => false,
        None => {
            let said = report::read(state).context("the servers are still starting")?;
            let id = said["process"].as_i64().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
            kill_process(id.context("the state names no process")?, Signal::TERM)
                .context("telling the servers to end")?;
            lock::take_within(state, END)?;
            true
        }
    };
    report::remove(state);
    match (flags.json, ran) {
        (true, _) => println!("{}", serde_json::json!({ "stopped": ran })),
        (false, true) => println!("the servers are stopped"),
        (false, false) => println!("no servers run"),
    }
    Ok(ExitCode::SUCCESS)
}
