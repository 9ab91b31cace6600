//! One run of a command, with its exit code; knows no service.

use crate::report;
use crate::signals::{SystemSignal, SystemSignals};
use anyhow::Context;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use warpgrid_host::Application;
use warpgrid_host::instance::{InstanceOptions, Outcome, RunError};

/// How the run ended.
enum Ended {
    Guest(Result<Outcome, RunError>),
    Signal(SystemSignal),
}

/// Runs the command and gives the guest's exit code.
pub(super) fn run(
    path: &Path,
    application: &Application,
    options: InstanceOptions,
) -> anyhow::Result<ExitCode> {
    // One guest: one thread drives it, and blocking work has threads of its own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the event loop")?;
    let ended = runtime.block_on(run_to_end(application, options));
    // A read of standard input that never returns must not hold up the end.
    runtime.shutdown_background();
    std::io::stdout().flush().context("cannot write to standard output")?;
    match ended? {
        Ended::Guest(Ok(Outcome::Exited(code))) => Ok(ExitCode::from(exit_byte(code))),
        Ended::Guest(Err(RunError::Trap { trap, frames })) => {
            eprintln!("error: the guest `{}` trapped: {trap}", path.display());
            for frame in frames.iter().take(32) {
                eprintln!("  at {frame}");
            }
            Ok(ExitCode::from(report::TRAP))
        }
        Ended::Guest(Err(
            error @ (RunError::OutOfMemory { .. } | RunError::CpuLimit { .. } | RunError::HandleLimit { .. }),
        )) => {
            eprintln!("error: `{}`: {error}", path.display());
            Ok(ExitCode::from(report::TRAP))
        }
        Ended::Guest(Err(error)) => {
            Err(error).with_context(|| format!("`{}` did not run to its end", path.display()))
        }
        Ended::Signal(signal) => Ok(ExitCode::from(signal.exit_code())),
    }
}

/// Runs the guest. A signal that it did not ask for ends it, as does the second of two.
async fn run_to_end(application: &Application, options: InstanceOptions) -> anyhow::Result<Ended> {
    let mut signals = SystemSignals::listen().context("cannot listen for signals")?;
    let mut guest = std::pin::pin!(application.instantiate(options).run());
    let mut told_to_end = false;
    loop {
        let signal = tokio::select! {
            result = &mut guest => return Ok(Ended::Guest(result)),
            signal = signals.next() => signal,
        };
        if told_to_end && signal != SystemSignal::Hangup || !signal.deliver(application) {
            return Ok(Ended::Signal(signal));
        }
        told_to_end |= signal != SystemSignal::Hangup;
    }
}

/// A system passes on the low byte of an exit code; a code whose low byte is 0 must not look like success.
fn exit_byte(code: i32) -> u8 {
    match code.to_le_bytes()[0] {
        0 if code != 0 => 1,
        byte => byte,
    }
}
