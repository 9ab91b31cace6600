//! Which part of a matrix is played, and the seed that chooses it; knows no suite.

#[path = "../lab/size.rs"]
mod environment;

pub(crate) use environment::{either as sized, is_full};
use std::collections::BTreeSet;

/// What chance begins with: `WARPGRID_SEED`, or the same in every run.
pub(crate) fn seed() -> u64 {
    environment::wished_seed().unwrap_or(1)
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
