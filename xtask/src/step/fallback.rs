//! Builds the component that `warp compose` adds for hosts that lack the shims.
use std::path::PathBuf;

use super::{BuildStep, StepContext, sysroot};
use crate::stamp::Inputs;
use crate::sysroot::fallback::{FallbackInputs, build_fallback};
use crate::tree;

/// Makes the part `fallback`.
pub(super) struct BuildFallback;

/// The sysroot whose headers it is compiled with.
const SYSROOT: &str = "sysroot-wasm32-wasip1-stock/share/warpgrid/sysroots/wasm32-wasip1/stock";

impl BuildStep for BuildFallback {
    fn inputs(&self, context: &StepContext<'_>) -> anyhow::Result<Inputs> {
        let mut inputs = Inputs::default();
        for source in
            ["forks/libc/overlay/fallback", "forks/libc/recipe.toml", "wit/warpgrid", "xtask/src/sysroot"]
        {
            inputs.files(&context.paths.root, source)?;
        }
        Ok(inputs)
    }

    fn output(&self, context: &StepContext<'_>) -> PathBuf {
        context.part("fallback")
    }

    fn run(&self, context: &StepContext<'_>) -> anyhow::Result<()> {
        let toolchain = context.part("toolchain");
        tree::replace(&self.output(context), |folder| {
            build_fallback(&FallbackInputs {
                compiler: &sysroot::compiler(context),
                linker: &toolchain.join("bin/wasm-ld"),
                sysroot: &context.part(SYSROOT),
                fork: &context.paths.root.join("forks/libc"),
                wit: &context.paths.root.join("wit/warpgrid"),
                out: &folder.join("share/warpgrid/fallback"),
                scratch: &context.scratch("fallback"),
            })?;
            Ok(())
        })
    }
}
