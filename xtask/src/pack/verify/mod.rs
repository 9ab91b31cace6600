//! Checks a release archive with no network and without unpacking it; trusts nothing that is in it.
mod content;
mod report;
mod run;
mod statements;

pub use report::{Problem, Report};
pub use run::{Verification, verify};
