//! The one shape of a step; knows no step from the inside.
use std::path::PathBuf;

use super::{StepContext, crate_program, fallback, fetch, pack, rust, sysroot, toolchain, verify, warp};
use crate::plan::Action;
use crate::stamp::Inputs;

/// A step as the runner sees it.
pub trait BuildStep {
    /// Everything the result depends on, besides the steps it needs.
    ///
    /// # Errors
    /// When something it depends on cannot be read.
    fn inputs(&self, context: &StepContext<'_>) -> anyhow::Result<Inputs>;

    /// The file or folder it makes.
    fn output(&self, context: &StepContext<'_>) -> PathBuf;

    /// Makes the output: whole, or not at all.
    ///
    /// # Errors
    /// When it cannot; what was there before stays or is gone, never half.
    fn run(&self, context: &StepContext<'_>) -> anyhow::Result<()>;
}

/// The step that does `action`.
#[must_use]
pub fn for_action(action: &Action) -> Box<dyn BuildStep> {
    match action.clone() {
        Action::Fetch { inputs, road } => Box::new(fetch::Fetch { inputs, road }),
        Action::BuildCrateProgram { tool } => Box::new(crate_program::CrateProgram { tool }),
        Action::StageToolchain => Box::new(toolchain::StageToolchain),
        Action::StageSysroot { triple, variant } => Box::new(sysroot::StageSysroot { triple, variant }),
        Action::BuildFallback => Box::new(fallback::BuildFallback),
        Action::StageRust { road } => Box::new(rust::StageRust { road }),
        Action::BuildWarp => Box::new(warp::BuildWarp),
        Action::Pack => Box::new(pack::Pack),
        Action::Verify => Box::new(verify::Verify),
    }
}
