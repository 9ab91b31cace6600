//! The pin table `sdk-manifest.toml`, typed and validated with spans; reads that one file and nothing else.

mod check;
mod load;
mod model;
mod nearest;
mod pins;
mod problem;
mod raw;

pub(crate) use model::version_matches;
pub use model::{Input, Kind, Manifest, Package, Pin, Pinned, Role, Sdk, Source, Target, Variant};
pub use nearest::{did_you_mean, nearest};
pub use pins::DIVIDER;
pub use problem::{Area, ManifestError, Problem};
