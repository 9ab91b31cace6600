//! Measurements as ratios within one run, kept as JSON; knows no suite.
mod build;
mod figures;
mod first_guest;

pub use build::run as run_build;
pub use figures::{Figures, Ratio};
