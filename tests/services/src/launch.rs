//! Starts programs from a thread that lives as long as the process: the kernel kills a program with the *thread* that
//! started it, and a test's thread ends long before its process. Knows not what is started.
use std::ffi::OsString;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};

use anyhow::{Context, bail};

use crate::account::Account;
use crate::client::ClientProgram;

type Job = (Command, Sender<std::io::Result<Child>>);

/// Starts `program` as `account`, with its output going to the end of `log` and `input` (or nothing) as its input.
pub(crate) fn start(
    program: &ClientProgram,
    account: Account,
    folder: &Path,
    log: &Path,
    input: Option<File>,
) -> anyhow::Result<Child> {
    let output = File::options()
        .create(true)
        .append(true)
        .open(log)
        .with_context(|| format!("opening the log `{}`", log.display()))?;
    let errors = output.try_clone().with_context(|| format!("opening the log `{}`", log.display()))?;
    let mut line: Vec<OsString> = account.prefix()?;
    line.push(PathBuf::from(&program.path).into());
    line.extend(program.arguments.iter().cloned());
    let mut command = Command::new(&line[0]);
    command
        .args(&line[1..])
        // Servers read settings from many variables: they see none of the tests'.
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(folder)
        .stdin(input.map_or_else(Stdio::null, Stdio::from))
        .stdout(output)
        .stderr(errors)
        // A key pressed in a terminal reaches the tests, which end their servers themselves.
        .process_group(0);
    let (answer, answered) = channel();
    starter()?.send((command, answer)).ok().context("the thread that starts servers has ended")?;
    let started = answered.recv().context("the thread that starts servers has ended")?;
    started.with_context(|| format!("starting `{}`", program.path.display()))
}

/// Runs `program` to its end; its output is appended to `log`.
pub(crate) fn run(
    program: &ClientProgram,
    account: Account,
    folder: &Path,
    log: &Path,
    input: Option<File>,
) -> anyhow::Result<()> {
    let mut child = start(program, account, folder, log, input)?;
    let status = child.wait().context("waiting for a program")?;
    if status.success() {
        return Ok(());
    }
    bail!("`{}` ended with {status}:\n{}", program.path.display(), tail(log))
}

/// The end of a log, for an error.
pub(crate) fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

fn starter() -> anyhow::Result<&'static Sender<Job>> {
    static STARTER: OnceLock<Option<Sender<Job>>> = OnceLock::new();
    let starter = STARTER.get_or_init(|| {
        let (sender, jobs) = channel::<Job>();
        let thread = std::thread::Builder::new().name("starts-servers".to_owned()).spawn(move || {
            for (mut command, answer) in jobs {
                // A caller that is gone needs no answer.
                let _ = answer.send(command.spawn());
            }
        });
        thread.ok().map(|_| sender)
    });
    starter.as_ref().context("the thread that starts servers cannot be started")
}
