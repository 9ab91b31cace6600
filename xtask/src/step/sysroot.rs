//! Builds one sysroot from the unpacked stock library, or from source; knows not what is in the overlay.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{BuildStep, StepContext, fetch, toolchain};
use crate::manifest::Kind;
use crate::series;
use crate::source::unpack;
use crate::stamp::Inputs;
use crate::sysroot::compiler::Compiler;
use crate::sysroot::recipe::Variant;
use crate::sysroot::stage::{StageInputs, stage_sysroot};

/// Makes the part `sysroot-<triple>-<variant>`.
pub struct StageSysroot {
    /// Target triple.
    pub triple: String,
    /// `stock` or `warpgrid`.
    pub variant: String,
}

impl BuildStep for StageSysroot {
    fn inputs(&self, context: &StepContext<'_>) -> anyhow::Result<Inputs> {
        let mut inputs = Inputs::default();
        let root = &context.paths.root;
        inputs.files(root, "xtask/src/sysroot")?;
        let described = format!("sysroots/{}.{}.", self.triple, self.variant);
        for file in super::files_below(&root.join("sysroots"))? {
            let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().into_owned();
            if name.starts_with(&described) {
                inputs.files(root, &name)?;
            }
        }
        if self.variant != "stock" {
            inputs.files(root, "forks/libc/overlay")?;
            inputs.files(root, "forks/libc/patches")?;
            inputs.files(root, "forks/libc/recipe.toml")?;
            inputs.files(root, "wit/warpgrid")?;
        }
        Ok(inputs)
    }

    fn output(&self, context: &StepContext<'_>) -> PathBuf {
        context.part(&format!("sysroot-{}-{}", self.triple, self.variant))
    }

    fn run(&self, context: &StepContext<'_>) -> anyhow::Result<()> {
        todo_placeholder()
    }
}
