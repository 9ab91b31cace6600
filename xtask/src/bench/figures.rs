//! What a measurement is kept as: single figures, ratios with an interval, facts of the machine.
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use crate::exec::Program;
use crate::file;
use crate::parallel::per_core;

/// What was measured where.
#[derive(Debug, Serialize)]
pub struct Facts {
    /// Name of the benchmark.
    pub benchmark: String,
    /// Commit that was measured; with `+` when the tree had changes.
    pub commit: String,
    /// Cores and processor model.
    pub machine: String,
}

/// Everything that one run of a benchmark found.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// What was measured where.
    #[serde(flatten)]
    pub facts: Facts,
    /// Single figures with their unit in the name (`…-seconds`, `…-bytes`): of this machine, not comparable.
    pub figures: BTreeMap<String, f64>,
    /// Ratios of two things measured in turn in this run: comparable.
    pub ratios: BTreeMap<String, Ratio>,
    /// What a reader must know.
    pub notes: Vec<String>,
}

/// A ratio measured several times.
#[derive(Debug, Clone, Serialize)]
pub struct Ratio {
    /// Median over the rounds.
    pub median: f64,
    /// Lower end of the 95 % interval of the geometric mean.
    pub low: f64,
    /// Upper end of the same.
    pub high: f64,
    /// How many pairs were measured.
    pub rounds: usize,
}

/// Two-sided 95 % quantiles of Student's t for 1, 2, … degrees of freedom.
const STUDENT: &[f64] = &[12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26];

impl Facts {
    /// Those of this machine and the tree at `root`.
    ///
    /// # Errors
    /// When git cannot say which commit it is.
    pub fn of(benchmark: &str, root: &Path) -> anyhow::Result<Self> {
        let git = |arguments: &[&str]| {
            Program::new("git").current_dir(root).args(arguments.iter().copied()).stdout()
        };
        let commit = git(&["rev-parse", "HEAD"])?.trim().to_owned();
        let changed = !git(&["status", "--porcelain"])?.trim().is_empty();
        let model = std::fs::read_to_string("/proc/cpuinfo")
            .ok()
            .and_then(|text| {
                text.lines().find_map(|line| line.strip_prefix("model name\t: ").map(str::to_owned))
            })
            .unwrap_or_else(|| "unknown processor".to_owned());
        let cores = per_core();
        Ok(Self {
            benchmark: benchmark.to_owned(),
            commit: if changed { format!("{commit}+") } else { commit },
            machine: format!("{cores} cores, {model}"),
        })
    }
}

impl Figures {
    /// An empty record of the tree at `root`.
    ///
    /// # Errors
    /// When git cannot say which commit it is.
    pub fn new(benchmark: &str, root: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            facts: Facts::of(benchmark, root)?,
            figures: BTreeMap::new(),
            ratios: BTreeMap::new(),
            notes: Vec::new(),
        })
    }

    /// Keeps a single figure.
    pub fn figure(&mut self, name: &str, value: f64) {
        self.figures.insert(name.to_owned(), value);
    }

    /// Keeps the ratio `first / second` of pairs that were measured in turn; nothing without a pair.
    pub fn ratio(&mut self, name: &str, pairs: &[(f64, f64)]) {
        if let Some(ratio) = Ratio::of_pairs(pairs) {
            self.ratios.insert(name.to_owned(), ratio);
        }
    }

    /// Writes the record as JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self).context("writing figures as JSON")?;
        file::replace(path, (text + "\n").as_bytes())
    }
}

impl Ratio {
    /// The ratio `first / second` over pairs that were measured in turn; none without a pair.
    #[must_use]
    pub fn of_pairs(pairs: &[(f64, f64)]) -> Option<Self> {
        let logarithms: Vec<f64> = pairs.iter().map(|(first, second)| (first / second).ln()).collect();
        let (low, high) = interval(&logarithms)?;
        Some(Self {
            median: median(&logarithms)?.exp(),
            low: low.exp(),
            high: high.exp(),
            rounds: logarithms.len(),
        })
    }
}

/// The 95 % interval of the mean; endless for a single value, none without one.
pub(super) fn interval(values: &[f64]) -> Option<(f64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "a handful of rounds")]
    let rounds = values.len() as f64;
    let mean = values.iter().sum::<f64>() / rounds;
    let spread = match values.len() {
        0 => return None,
        1 => f64::INFINITY,
        count => {
            let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (rounds - 1.0);
            STUDENT.get(count - 2).copied().unwrap_or(2.0) * (variance / rounds).sqrt()
        }
    };
    Some((mean - spread, mean + spread))
}

/// The middle one, or the mean of the two in the middle.
pub(super) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    Some(f64::midpoint(sorted[last / 2], sorted[sorted.len() / 2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_pairs_give_a_narrow_interval_around_their_ratio() {
        let ratio = Ratio::of_pairs(&[(2.0, 1.0), (4.0, 2.0), (3.0, 1.5)]).unwrap();
        assert!((ratio.median - 2.0).abs() < 1e-9);
        assert!((ratio.low - 2.0).abs() < 1e-9 && (ratio.high - 2.0).abs() < 1e-9);
    }

    #[test]
    fn scattered_pairs_give_a_wide_one() {
        let ratio = Ratio::of_pairs(&[(1.0, 1.0), (2.0, 1.0), (1.0, 2.0)]).unwrap();
        assert!(ratio.low < 0.5 && ratio.high > 2.0);
        assert!(Ratio::of_pairs(&[]).is_none());
    }
}
