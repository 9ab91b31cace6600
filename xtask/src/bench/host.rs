//! Measures the host against bare wasmtime and `wasmtime serve`, everything in one run; knows no shim.
//!
//! The measuring program is a benchmark of the host's own workspace (`host/warpgrid-host/benches/host`), built with
//! the flags of the shipped build, and prints raw times of pairs that it took in turn. Here they become ratios with an
//! interval, and are held against the goals.
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::Ratio;
use super::serving;
use crate::exec::Program;
use crate::paths::Paths;
use crate::step::host_cargo;

/// One figure, as it is kept.
#[derive(Debug, Serialize)]
pub struct HostFigure {
    /// What was measured, and against what.
    pub name: String,
    /// Ours by theirs: the median over the rounds.
    pub ratio: Option<f64>,
    /// Lower end of the 95 % interval of the geometric mean.
    pub low: Option<f64>,
    /// Upper end of the same.
    pub high: Option<f64>,
    /// Our side.
    pub ours: Option<Side>,
    /// What it is compared with.
    pub other: Option<Side>,
    /// What is wanted, in words.
    pub goal: String,
    /// Whether the whole interval is on the good side; none without a pair.
    pub met: Option<bool>,
}

/// One side of a pair.
#[derive(Debug, Serialize)]
pub struct Side {
    /// Median over the rounds.
    pub value: f64,
    /// Its unit.
    pub unit: String,
}

/// What is wanted of a figure.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    RatioAtMost(f64),
    RatioAtLeast(f64),
    /// An absolute bound on our side, in the figure's unit.
    OursAtMost(f64),
}

const GOALS: &[(&str, Goal)] = &[
    ("instantiate, every shim on / plain wasmtime-wasi", Goal::RatioAtMost(1.10)),
    ("instantiate, every shim off / plain wasmtime-wasi", Goal::RatioAtMost(1.01)),
    ("hostcall of a shim / a bare function of the same type", Goal::RatioAtMost(1.25)),
    ("look-up of a known name / a map behind a lock", Goal::OursAtMost(200.0)),
    ("virtual file / the same in a granted folder, open + read + close", Goal::RatioAtMost(0.5)),
    ("an idle instance", Goal::OursAtMost(153_600.0)),
];

/// A line of the measuring program.
#[derive(Debug, Deserialize)]
struct Measured {
    name: String,
    unit: String,
    ours: Vec<f64>,
    other: Vec<f64>,
}

/// Builds the measuring program and measures, with the guests of the folder `guests`.
///
/// # Errors
/// When something cannot be built or does not answer.
pub fn run(
    paths: &Paths,
    rounds: usize,
    guests: &Path,
    stock_wasmtime: &Path,
) -> anyhow::Result<Vec<HostFigure>> {
    let program = measuring_program(paths)?;
    let text = Program::new(&program)
        .args(["figures", &rounds.to_string()])
        .env("WARPGRID_GUESTS", guests)
        .stdout()?;
    let mut figures = Vec::new();
    for line in text.lines() {
        let measured: Measured =
            serde_json::from_str(line).with_context(|| format!("the measuring program printed `{line}`"))?;
        figures.push(judge(measured)?);
    }
    let serve = serving::Servers {
        warp: paths.host_build.join("release/warp"),
        wasmtime: stock_wasmtime.to_owned(),
        load: program,
        guest: guests.join("http_hello.wasm"),
        log: paths.target.join("log"),
    };
    figures.extend(serve.run(rounds)?);
    Ok(figures)
}

/// A line that cargo prints for each artifact.
#[derive(Debug, Deserialize)]
struct CargoMessage {
    target: Option<CargoTarget>,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct CargoTarget {
    kind: Vec<String>,
}

/// Builds `warp` and the measuring program with the flags of the shipped build; gives the latter.
fn measuring_program(paths: &Paths) -> anyhow::Result<PathBuf> {
    let text = host_cargo(paths)
        .args(["build", "--release", "--package", "warpgrid-grants", "--package", "warpgrid-host"])
        .args(["--package", "warp", "--bins", "--bench", "host"])
        .args(["--message-format", "json-render-diagnostics"])
        .stdout()?;
    text.lines()
        .filter_map(|line| serde_json::from_str::<CargoMessage>(line).ok())
        .find(|message| message.target.as_ref().is_some_and(|target| target.kind == ["bench"]))
        .and_then(|message| message.executable)
        .context("cargo built no benchmark of the host")
}

fn judge(measured: Measured) -> anyhow::Result<HostFigure> {
    let goal = GOALS
        .iter()
        .find(|(name, _)| *name == measured.name)
        .with_context(|| format!("no goal for `{}`: add it to the table", measured.name))?
        .1;
    Ok(figure(&measured.name, goal, &measured.unit, &measured.ours, &measured.other))
}

/// A figure of pairs that were taken in turn.
pub(super) fn figure(name: &str, goal: Goal, unit: &str, ours: &[f64], other: &[f64]) -> HostFigure {
    let pairs: Vec<(f64, f64)> = ours.iter().copied().zip(other.iter().copied()).collect();
    let ratio = Ratio::of_pairs(&pairs);
    let alone: Vec<(f64, f64)> = ours.iter().map(|value| (*value, 1.0)).collect();
    let met = match (goal, &ratio) {
        (_, None) => None,
        (Goal::RatioAtMost(bound), Some(ratio)) => Some(ratio.high <= bound),
        (Goal::RatioAtLeast(bound), Some(ratio)) => Some(ratio.low >= bound),
        // Of a single sample there is no interval.
        (Goal::OursAtMost(bound), Some(_)) if ours.len() == 1 => Some(ours[0] <= bound),
        (Goal::OursAtMost(bound), Some(_)) => Ratio::of_pairs(&alone).map(|value| value.high <= bound),
    };
    let side = |values: &[f64]| Some(Side { value: median(values)?, unit: unit.to_owned() });
    let finite = |value: f64| value.is_finite().then_some(value);
    HostFigure {
        name: name.to_owned(),
        ratio: ratio.as_ref().map(|ratio| ratio.median),
        low: ratio.as_ref().and_then(|ratio| finite(ratio.low)),
        high: ratio.as_ref().and_then(|ratio| finite(ratio.high)),
        ours: side(ours),
        other: side(other),
        goal: words(goal, unit),
        met,
    }
}

fn words(goal: Goal, unit: &str) -> String {
    match goal {
        Goal::RatioAtMost(bound) => format!("ratio at most {bound}"),
        Goal::RatioAtLeast(bound) => format!("ratio at least {bound}"),
        Goal::OursAtMost(bound) => format!("ours at most {bound} {unit}"),
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_when_the_whole_interval_is_on_the_good_side() {
        let narrow = figure("a", Goal::RatioAtMost(1.1), "ns", &[1.0, 1.01, 0.99], &[1.0, 1.0, 1.0]);
        assert_eq!((narrow.met, narrow.goal.as_str()), (Some(true), "ratio at most 1.1"));
        let wide = figure("a", Goal::RatioAtMost(1.1), "ns", &[0.5, 1.0, 2.0], &[1.0, 1.0, 1.0]);
        assert_eq!(wide.met, Some(false));
        let rate = figure("a", Goal::RatioAtLeast(0.95), "1/s", &[1.0, 1.0], &[1.0, 1.0]);
        assert_eq!(rate.met, Some(true));
        let absolute = figure("a", Goal::OursAtMost(200.0), "ns", &[150.0, 151.0], &[10.0, 10.0]);
        assert_eq!(absolute.met, Some(true));
        assert_eq!(figure("a", Goal::OursAtMost(200.0), "bytes", &[201.0], &[200.0]).met, Some(false));
    }

    #[test]
    fn what_was_not_measured_meets_nothing() {
        assert_eq!(figure("a", Goal::RatioAtMost(1.0), "ns", &[], &[]).met, None);
    }
}
