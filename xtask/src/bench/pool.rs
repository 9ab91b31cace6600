//! Measures database sessions through the pool against the same without it and against PgBouncer, everything in one run;
//! knows no protocol.
//!
//! The measuring program is a benchmark of the pool (`host/warpgrid-pool/benches/pool`); it starts the servers and the
//! programs. Here its values become ratios with an interval, and are held against the goals.
use std::path::PathBuf;

use super::figures::Facts;
use super::goals::{Goal, GoalFigures, GoalTable, judge};
use super::program;
use crate::exec::Program;
use crate::paths::Paths;

/// One call, and a few at the beginning and the end of a run.
const ONE: f64 = 1.05;

const GOALS: GoalTable = &[
    ("p50, guest through the pool / guest direct", Goal::RatioAtMost(1.02)),
    ("p99, guest through the pool / guest direct", Goal::RatioAtMost(1.10)),
    ("queries a second, guest through the pool / guest direct", Goal::RatioAtLeast(0.97)),
    ("processor time, guest through the pool / guest direct", Goal::ToBeRead),
    ("processor time that the pool adds", Goal::OursAtMost(5.0)),
    ("queries a second, warp proxy / PgBouncer", Goal::RatioAtLeast(1.0)),
    ("queries a second, warp proxy / direct", Goal::ToBeRead),
    ("added to the p50, warp proxy / PgBouncer", Goal::RatioAtMost(0.5)),
    ("added to the p50, pool to a guest / PgBouncer to pgbench", Goal::RatioAtMost(0.5)),
    ("checkouts that reuse a session", Goal::OursAtLeast(99.0)),
    ("system calls of a guest's query", Goal::ToBeRead),
    ("sends of a guest's query", Goal::OursAtMost(ONE)),
    ("receives of a guest's query", Goal::OursAtMost(ONE)),
    ("waits of a guest's query", Goal::OursAtMost(ONE)),
    ("a result of 100 MB, guest through the pool / guest direct", Goal::RatioAtLeast(0.97)),
    ("connection, query and goodbye, guest through the pool / native", Goal::RatioAtLeast(20.0)),
    ("p50 of a warm checkout", Goal::ToBeRead),
    ("p99 of a warm checkout", Goal::OursAtMost(50.0)),
    ("queries of 50 ms, 50 at once / one after the other", Goal::RatioAtLeast(40.0)),
    ("threads beyond the cores", Goal::OursAtMost(4.0)),
];

/// Groups of figures that can be measured alone.
pub const GROUPS: &[&str] = &["queries", "poolers", "system-calls", "bulk", "connects", "waiting"];

/// What is measured.
#[derive(Debug)]
pub struct PoolUnderTest {
    /// The host program, as it ships.
    pub warp: PathBuf,
    /// The folder of guests.
    pub guests: PathBuf,
    /// The folder of unpacked servers.
    pub services: PathBuf,
}

/// Builds the measuring program and measures; only some groups when they are named.
///
/// # Errors
/// When something cannot be built, or a measured program fails.
pub fn run(
    paths: &Paths,
    rounds: usize,
    measured: &PoolUnderTest,
    only: &[String],
) -> anyhow::Result<GoalFigures> {
    let measuring = program::measuring(paths, "pool", &["--package", "warpgrid-pool"])?;
    let text = Program::new(&measuring)
        .arg(rounds.to_string())
        .args(only)
        .env("WARPGRID_GUESTS", &measured.guests)
        .env("WARPGRID_SERVICES", &measured.services)
        .env("WARPGRID_WARP", &measured.warp)
        .stdout()?;
    Ok(GoalFigures { facts: Facts::of("pool", &paths.root)?, figures: judge(&text, GOALS)? })
}
