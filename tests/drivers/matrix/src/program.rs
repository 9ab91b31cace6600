//! One program from its start to its last line, with a limit of time; knows no driver.
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process_group};

use crate::row::{Outcome, judge};

/// The longest a program may take; each gives up earlier by itself.
const LIMIT: Duration = Duration::from_secs(90);

/// Between two looks at a running program.
const LOOK: Duration = Duration::from_millis(5);

/// Runs a program with nothing but these variables and judges its end; its output goes to files in `folder`.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn run(
    line: &[OsString],
    variables: &[(&str, OsString)],
    folder: &Path,
) -> anyhow::Result<Outcome> {
    let (program, arguments) = line.split_first().context("an empty command line")?;
    let (output, messages) = (folder.join("output"), folder.join("messages"));
    let create = |path: &Path| File::create(path).with_context(|| format!("creating `{}`", path.display()));
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(create(&output)?)
        .stderr(create(&messages)?)
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting `{}`", Path::new(program).display()))?;
    let end = Instant::now() + LIMIT;
    let status: Option<ExitStatus> = loop {
        if let Some(status) = child.try_wait().context("waiting for a program")? {
            break Some(status);
        }
        if Instant::now() > end {
            break None;
        }
        std::thread::sleep(LOOK);
    };
    // Clients that it started and left behind end with it.
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let read = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    let Some(status) = status else {
        child.wait().context("waiting for a killed program")?;
        let text = format!("not done after {} s\n{}{}", LIMIT.as_secs(), read(&output), read(&messages));
        return Ok(Outcome::Failed(text));
    };
    Ok(judge(status.success(), &read(&output), &read(&messages)))
}
