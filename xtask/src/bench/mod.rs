//! Measurements as ratios within one run, kept as JSON; knows no suite.
mod build;
mod figures;
mod first_guest;
mod host;
mod serving;

pub use build::run as run_build;
pub use figures::{Figures, Ratio};
pub use host::{HostFigure, Side, run as run_host};
