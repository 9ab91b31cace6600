//! What was measured, held against a goal, as it is kept; knows no benchmark.
//!
//! Measuring programs print one JSON object a line, the raw values of the rounds:
//! `{"name": …, "unit": …, "ours": [1.5, …], "other": [1.4, …]}`; without another side its list is empty. `bench host` and
//! `bench pool` keep the same form.
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::figures::{Facts, Ratio, interval, median};
use crate::file;

/// Everything that one run of a benchmark with goals found.
#[derive(Debug, Serialize)]
pub struct GoalFigures {
    /// What was measured where.
    #[serde(flatten)]
    pub facts: Facts,
    /// All figures, in the order of their measurement.
    pub figures: Vec<GoalFigure>,
}

/// One figure, as it is kept.
#[derive(Debug, Serialize)]
pub struct GoalFigure {
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
    /// Whether the whole interval is on the good side; none without a measurement or a goal.
    pub met: Option<bool>,
}

/// One side of a pair.
#[derive(Debug, Serialize)]
pub struct Side {
    /// Median over the rounds.
    pub value: f64,
    /// The value of each round.
    pub rounds: Vec<f64>,
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
    /// The same from below.
    OursAtLeast(f64),
    /// Kept to be read, and held against nothing.
    ToBeRead,
}

/// Goals by the beginnings of the figures' names; the first that fits counts.
pub(super) type GoalTable = &'static [(&'static str, Goal)];

/// A line of a measuring program.
#[derive(Debug, Deserialize)]
struct Measured {
    name: String,
    unit: String,
    ours: Vec<f64>,
    other: Vec<f64>,
}

impl GoalFigures {
    /// Writes the record as JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self).context("writing figures as JSON")?;
        file::replace(path, (text + "\n").as_bytes())
    }
}

/// The figures of everything that a measuring program printed.
///
/// # Errors
/// When a line is no figure, or the table has no goal for it.
pub(super) fn judge(printed: &str, goals: GoalTable) -> anyhow::Result<Vec<GoalFigure>> {
    let judge_line = |line: &str| {
        let measured: Measured =
            serde_json::from_str(line).with_context(|| format!("the measuring program printed `{line}`"))?;
        let Measured { name, unit, ours, other } = measured;
        let (_, goal) = goals
            .iter()
            .find(|(beginning, _)| name.starts_with(beginning))
            .with_context(|| format!("no goal for `{name}`: add it to the table"))?;
        Ok(figure(&name, *goal, &unit, &ours, &other))
    };
    printed.lines().map(judge_line).collect()
}

/// A figure of sides that were taken in turn.
pub(super) fn figure(name: &str, goal: Goal, unit: &str, ours: &[f64], other: &[f64]) -> GoalFigure {
    let pairs: Vec<(f64, f64)> = ours.iter().copied().zip(other.iter().copied()).collect();
    let ratio = Ratio::of_pairs(&pairs);
    // Of a single round there is no interval.
    let alone = interval(ours).filter(|_| ours.len() > 1);
    let met = match goal {
        Goal::RatioAtMost(bound) => ratio.as_ref().map(|ratio| ratio.high <= bound),
        Goal::RatioAtLeast(bound) => ratio.as_ref().map(|ratio| ratio.low >= bound),
        Goal::OursAtMost(bound) => alone.map(|(_, high)| high <= bound),
        Goal::OursAtLeast(bound) => alone.map(|(low, _)| low >= bound),
        Goal::ToBeRead => None,
    };
    let side = |values: &[f64]| {
        Some(Side { value: median(values)?, rounds: values.to_vec(), unit: unit.to_owned() })
    };
    let finite = |value: f64| value.is_finite().then_some(value);
    GoalFigure {
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
        Goal::OursAtLeast(bound) => format!("ours at least {bound} {unit}"),
        Goal::ToBeRead => "no goal".to_owned(),
    }
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
        assert_eq!(figure("a", Goal::OursAtMost(200.0), "bytes", &[201.0, 201.0], &[]).met, Some(false));
    }

    #[test]
    fn what_was_not_measured_meets_nothing() {
        for goal in [Goal::RatioAtMost(1.0), Goal::OursAtMost(1.0), Goal::OursAtLeast(1.0)] {
            assert_eq!(figure("a", goal, "ns", &[], &[]).met, None);
        }
    }

    #[test]
    fn an_absolute_goal_needs_no_other_side_and_may_be_below_nothing() {
        let added = figure("a", Goal::OursAtMost(5.0), "µs", &[-0.5, 0.5, 1.0], &[]);
        assert_eq!((added.met, added.ratio), (Some(true), None));
        assert_eq!(figure("a", Goal::OursAtLeast(99.0), "%", &[98.9, 99.5], &[]).met, Some(false));
        assert_eq!(figure("a", Goal::OursAtLeast(99.0), "%", &[99.5], &[]).met, None, "a single round");
    }

    #[test]
    fn a_line_without_a_goal_is_an_error() {
        let line = r#"{"name":"p50: redis","unit":"ns","ours":[1.0],"other":[2.0]}"#;
        let figures = judge(line, &[("p50", Goal::RatioAtMost(1.0))]).unwrap();
        assert_eq!(figures[0].ratio, Some(0.5));
        assert!(judge(line, &[("p99", Goal::ToBeRead)]).unwrap_err().to_string().contains("p50: redis"));
        assert!(judge("so far", &[]).is_err());
    }
}
