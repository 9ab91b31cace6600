//! One run of pgbench; knows no pooler.

use crate::lab::Lab;
use std::path::PathBuf;
use std::process::Command;

/// What pgbench is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    /// `simple`, `extended` or `prepared`.
    pub(super) mode: &'static str,
    pub(super) connections: u32,
    /// Whether each query has a connection of its own.
    pub(super) reconnects: bool,
    /// What libpq's `sslmode` is.
    pub(super) encryption: &'static str,
}

/// Its ways to ask.
pub(super) const MODES: &[&str] = &["simple", "extended", "prepared"];
/// How long one run takes.
const SECONDS: u32 = 2;

impl Load {
    /// Connections that are kept, in plain text.
    pub(super) fn kept(mode: &'static str, connections: u32) -> Self {
        Self { mode, connections, reconnects: false, encryption: "disable" }
    }
}

/// How a run went.
pub(super) struct Outcome {
    /// Median time of a query, in microseconds; one connection, or it is a mixture.
    pub(super) p50: f64,
    /// Queries a second.
    pub(super) rate: f64,
}

/// One account by its number, chosen anew each time.
const SCRIPT: &str = "\\set number random(1, 100000)\nSELECT balance FROM accounts WHERE number = :number;\n";

/// Runs it as user `app` against whatever listens at `port`.
pub(super) fn run(lab: &Lab, port: u16, load: Load) -> Outcome {
    let script = lab.write("script.sql", SCRIPT);
    let log = tempfile::tempdir_in(lab.folder()).unwrap();
    let program = lab.program("pgbench");
    let mut command = Command::new(&program.path);
    command.args(&program.arguments).envs(program.environment.iter().cloned());
    command.env("PGPORT", port.to_string()).env("PGSSLMODE", load.encryption);
    command.args(["-n", "-j", "1", "-M", load.mode, "-l", "--log-prefix"]).arg(log.path().join("log"));
    command.args(["-c", &load.connections.to_string(), "-T", &SECONDS.to_string(), "-f"]).arg(&script);
    if load.reconnects {
        command.arg("-C");
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
    let rate = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    Outcome {
        p50: median(log.path().to_owned()),
        rate: rate.unwrap_or_else(|| panic!("pgbench said {said}")),
    }
}

/// The third column of the log is the time of a transaction, in microseconds (pgbench(1), "Per-Transaction Logging").
fn median(folder: PathBuf) -> f64 {
    let mut times: Vec<f64> = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        times.extend(text.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<f64>().ok()));
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
