//! The size of a run, and its seed: the one place that reads the environment for the proof; knows no suite.

use std::collections::BTreeSet;

/// Whether this is the full run (`WARPGRID_FULL=1`), not that of CI.
pub(crate) fn is_full() -> bool {
    std::env::var_os("WARPGRID_FULL").is_some_and(|value| value == "1")
}

/// One of two sizes.
pub(crate) fn sized<T>(ci: T, full: T) -> T {
    if is_full() { full } else { ci }
}

/// What chance begins with: `WARPGRID_SEED`, or the same in every run.
pub(crate) fn seed() -> u64 {
    match std::env::var("WARPGRID_SEED") {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("`WARPGRID_SEED` must be a number, not `{text}`")),
        Err(_) => 1,
    }
}

/// All numbers from `least` to `most`, or in CI, where there are more than `budget`, so many of them by chance with both
/// ends.
pub(crate) fn sample(
    least: usize,
    most: usize,
    budget: usize,
    random: &mut fastrand::Rng,
) -> BTreeSet<usize> {
    if is_full() || most - least < budget {
        return (least..=most).collect();
    }
    let mut chosen = BTreeSet::from([least, most]);
    while chosen.len() < budget {
        chosen.insert(random.usize(least..most));
    }
    chosen
}
