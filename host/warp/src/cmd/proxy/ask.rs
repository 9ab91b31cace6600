//! `warp proxy status`, `drain` and `reload`: asks the proxy that runs, by its admin socket; changes nothing itself.

use super::args::ProxyCommand;
use super::{admin, announce, table};
use crate::report::{self, hinted};
use anyhow::{Context, anyhow, bail};
use serde_json::Value;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How long a proxy may take to answer. A drain takes as long as its configuration says.
const WAIT: Duration = Duration::from_secs(15);
/// The longest answer, in bytes.
const LONGEST: u64 = 16 << 20;

/// Asks the proxy whose admin socket is at `path`, and prints what it says.
pub(super) fn run(path: &Path, command: ProxyCommand, json: bool) -> anyhow::Result<ExitCode> {
    let text = ask(path, command)?;
    let answer: Value = serde_json::from_str(&text)
        .with_context(|| format!("what answers at `{}` is not `warp proxy`", path.display()))?;
    if let Some(error) = answer["error"].as_str() {
        let hints = answer["hints"].as_array().into_iter().flatten();
        let hints = hints.filter_map(|hint| hint.as_str().map(str::to_owned)).collect();
        bail!(hinted(anyhow!("{error}"), hints));
    }
    let told = if json { text.trim_end().to_owned() } else { words(command, &answer) };
    report::line(told).context("cannot write to standard output")?;
    let cut = answer["cut"].as_array().is_some_and(|cut| !cut.is_empty());
    Ok(ExitCode::from(u8::from(cut)))
}

fn words(command: ProxyCommand, answer: &Value) -> String {
    match command {
        ProxyCommand::Status => table::status(answer),
        ProxyCommand::Drain => announce::drained_words(answer),
        ProxyCommand::Reload => announce::reloaded_words(answer),
    }
}

fn ask(path: &Path, command: ProxyCommand) -> anyhow::Result<String> {
    let mut stream = UnixStream::connect(path).map_err(|error| not_reached(error, path))?;
    let failed = || format!("the proxy at `{}` did not answer", path.display());
    if command != ProxyCommand::Drain {
        stream.set_read_timeout(Some(WAIT)).with_context(failed)?;
    }
    writeln!(stream, "{}", admin::of_command(command)).with_context(failed)?;
    let mut text = String::new();
    stream.take(LONGEST).read_to_string(&mut text).with_context(failed)?;
    if text.is_empty() {
        bail!(failed());
    }
    Ok(text)
}

fn not_reached(error: io::Error, path: &Path) -> anyhow::Error {
    let shown = path.display();
    let (what, hint) = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => (
            format!("no proxy takes orders at `{shown}`"),
            "start one with `warp proxy --config warp.toml`, or name its socket with `--admin PATH`",
        ),
        io::ErrorKind::PermissionDenied => (
            format!("the proxy at `{shown}` does not listen to you"),
            "only the user who started it may give it orders",
        ),
        _ => (format!("the proxy at `{shown}` cannot be asked"), "is it the socket of a proxy?"),
    };
    hinted(error, vec![hint.to_owned()]).context(what)
}
