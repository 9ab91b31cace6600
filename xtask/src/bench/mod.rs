//! Measurements as ratios within one run, kept as JSON; knows no suite.
mod build;
mod figures;
mod first_guest;
mod goals;
mod host;
mod pool;
mod program;
mod serving;

pub use build::run as run_build;
pub use figures::{Facts, Figures, Ratio};
pub use goals::{GoalFigure, GoalFigures, Side};
pub use host::run as run_host;
pub use pool::{GROUPS as POOL_GROUPS, PoolUnderTest, run as run_pool};
