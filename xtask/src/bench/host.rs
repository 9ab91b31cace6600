//! Measures the host against bare wasmtime and `wasmtime serve`, everything in one run; knows no shim.
//!
//! The measuring program is a benchmark of the host's own workspace (`host/warpgrid-host/benches/host`), built with
//! the flags of the shipped build, and prints raw times of pairs that it took in turn. Here they become ratios with an
//! interval, and are held against the goals.
use std::path::Path;

use super::figures::Facts;
use super::goals::{Goal, GoalFigures, GoalTable, judge};
use super::{program, serving};
use crate::exec::Program;
use crate::paths::Paths;

const GOALS: GoalTable = &[
    ("instantiate, every shim on / plain wasmtime-wasi", Goal::RatioAtMost(1.10)),
    ("instantiate, every shim off / plain wasmtime-wasi", Goal::RatioAtMost(1.01)),
    ("hostcall of a shim / a bare function of the same type", Goal::RatioAtMost(1.25)),
    ("look-up of a known name / a map behind a lock", Goal::OursAtMost(200.0)),
    ("virtual file / the same in a granted folder, open + read + close", Goal::RatioAtMost(0.5)),
    ("an idle instance", Goal::OursAtMost(153_600.0)),
];

/// Packages that compile together, or wasmtime would compile once for each set of them.
const WITH_WARP: &[&str] =
    &["--package", "warpgrid-grants", "--package", "warpgrid-host", "--package", "warp", "--bins"];

/// Builds the measuring program and measures, with the guests of the folder `guests`.
///
/// # Errors
/// When something cannot be built or does not answer.
pub fn run(
    paths: &Paths,
    rounds: usize,
    guests: &Path,
    stock_wasmtime: &Path,
) -> anyhow::Result<GoalFigures> {
    let measuring = program::measuring(paths, "host", WITH_WARP)?;
    let text = Program::new(&measuring)
        .args(["figures", &rounds.to_string()])
        .env("WARPGRID_GUESTS", guests)
        .stdout()?;
    let mut figures = judge(&text, GOALS)?;
    let serve = serving::Servers {
        warp: paths.host_build.join("release/warp"),
        wasmtime: stock_wasmtime.to_owned(),
        load: measuring,
        guest: guests.join("http_hello.wasm"),
        log: paths.target.join("log"),
    };
    figures.extend(serve.run(rounds)?);
    Ok(GoalFigures { facts: Facts::of("host", &paths.root)?, figures })
}
