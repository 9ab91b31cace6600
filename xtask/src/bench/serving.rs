//! Requests per second of `warp run --listen` against `wasmtime serve`: the same guest, the same load, in turn.
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::goals::{Goal, GoalFigure, figure};
use crate::exec::{Program, RunningGroup};

/// Connections at the same time.
const CONNECTIONS: &[u32] = &[1, 16, 64];
/// How long one measurement takes.
const SECONDS: &str = "2";
/// How long a server may take to compile its guest.
const START: Duration = Duration::from_secs(60);
const GOAL: Goal = Goal::RatioAtLeast(0.95);

/// The programs.
pub(super) struct Servers {
    pub(super) warp: PathBuf,
    pub(super) wasmtime: PathBuf,
    /// Sends the requests: `load ADDRESS CONNECTIONS SECONDS`.
    pub(super) load: PathBuf,
    /// Answers `hello`.
    pub(super) guest: PathBuf,
    /// The folder of logs.
    pub(super) log: PathBuf,
}

/// A server that listens.
struct Server {
    running: RunningGroup,
    address: String,
}

impl Servers {
    pub(super) fn run(&self, rounds: usize) -> anyhow::Result<Vec<GoalFigure>> {
        let ours = self.start(
            "bench-serve-warp",
            Program::new(&self.warp).args(["run", "--no-cache", "--listen", "127.0.0.1:0"]).arg(&self.guest),
        )?;
        let other = self.start(
            "bench-serve-wasmtime",
            Program::new(&self.wasmtime).args(["serve", "-Scli", "--addr", "127.0.0.1:0"]).arg(&self.guest),
        );
        let figures = match &other {
            Ok(other) => self.measure(&ours, other, rounds),
            Err(_) => Ok(Vec::new()),
        };
        ours.running.kill()?;
        other?.running.kill()?;
        figures
    }

    fn measure(&self, ours: &Server, other: &Server, rounds: usize) -> anyhow::Result<Vec<GoalFigure>> {
        let mut figures = Vec::new();
        for count in CONNECTIONS {
            let (mut of_ours, mut of_other) = (Vec::new(), Vec::new());
            for round in 0..rounds {
                if round % 2 == 0 {
                    of_ours.push(self.rate(ours, *count)?);
                    of_other.push(self.rate(other, *count)?);
                } else {
                    of_other.push(self.rate(other, *count)?);
                    of_ours.push(self.rate(ours, *count)?);
                }
            }
            figures.push(figure(&name(*count), GOAL, "1/s", &of_ours, &of_other));
        }
        Ok(figures)
    }

    fn rate(&self, server: &Server, connections: u32) -> anyhow::Result<f64> {
        let text = Program::new(&self.load)
            .args(["load", &server.address, &connections.to_string(), SECONDS])
            .stdout()?;
        text.trim().parse().with_context(|| format!("the load program printed `{text}`"))
    }

    /// Starts a server and waits until it says where it listens.
    fn start(&self, name: &str, program: Program) -> anyhow::Result<Server> {
        let log = self.log.join(format!("{name}.log"));
        let mut running = program.spawn_group(&log)?;
        let start = Instant::now();
        loop {
            if let Some(address) = address(&log) {
                return Ok(Server { running, address });
            }
            if let Some(code) = running.wait_at_most(Duration::from_millis(20))? {
                bail!("`{}` ended with {code}; see `{}`", program.command_line(), log.display());
            }
            if start.elapsed() > START {
                running.kill()?;
                bail!("`{}` does not say where it listens; see `{}`", program.command_line(), log.display());
            }
        }
    }
}

fn name(connections: u32) -> String {
    format!("hello over HTTP, {connections} connections / wasmtime serve")
}

/// The address in a line such as `listening on http://127.0.0.1:4321/`.
fn address(log: &Path) -> Option<String> {
    let text = std::fs::read_to_string(log).ok()?;
    let rest = &text[text.find("http://")? + "http://".len()..];
    let end = rest.find(|letter: char| letter.is_whitespace() || letter == '/')?;
    Some(rest[..end].to_owned())
}
