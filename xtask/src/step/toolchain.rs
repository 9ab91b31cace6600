//! Unpacks LLVM's packages and lays them out as the SDK's toolchain.
use std::path::{Path, PathBuf};

use super::{BuildStep, StepContext, fetch};
use crate::source::unpack;
use crate::stamp::Inputs;
use crate::toolchain::{self, ToolchainInputs};
use crate::{file, tree};

/// Makes the part `toolchain`: `bin`, `lib` and the files for build systems.
pub(super) struct StageToolchain;

impl BuildStep for StageToolchain {
    fn inputs(&self, context: &StepContext<'_>) -> anyhow::Result<Inputs> {
        let mut inputs = Inputs::default();
        inputs.files(&context.paths.root, "xtask/src/toolchain")?;
        inputs.files(&context.paths.root, "xtask/src/pack/licences.rs")?;
        Ok(inputs)
    }

    fn output(&self, context: &StepContext<'_>) -> PathBuf {
        context.part("toolchain")
    }

    fn run(&self, context: &StepContext<'_>) -> anyhow::Result<()> {
        let packages = unpacked_llvm(context)?;
        let linker = context.part("wasm-component-ld").join("wasm-component-ld");
        let licences = linker.with_extension("licences.txt");
        tree::replace(&self.output(context), |folder| {
            toolchain::stage(&ToolchainInputs {
                packages: &packages,
                wasm_component_ld: &linker,
                wasm_component_ld_licences: &licences,
                native_cc: Path::new("cc"),
                out: folder,
            })?;
            Ok(())
        })
    }
}

/// A folder with all packages of LLVM unpacked into it; made anew for each use, since a later step reads from it.
pub(super) fn unpacked_llvm(context: &StepContext<'_>) -> anyhow::Result<PathBuf> {
    unpacked(context, "llvm")
}

/// A folder with all packages of an input unpacked into it, as long as they are the same.
pub(super) fn unpacked(context: &StepContext<'_>, input: &str) -> anyhow::Result<PathBuf> {
    let fetched = fetch::fetched(context, input)?;
    let folder = context.scratch(&format!("{input}-packages"));
    let marker = folder.join(".packages");
    let digests: String = fetched
        .artifacts
        .iter()
        .filter_map(|artifact| artifact.sha256.as_deref())
        .collect::<Vec<_>>()
        .join("\n");
    if std::fs::read_to_string(&marker).is_ok_and(|found| found == digests) {
        return Ok(folder);
    }
    tree::replace(&folder, |folder| {
        for artifact in &fetched.artifacts {
            unpack::deb(&artifact.path, folder)?;
        }
        file::replace(&folder.join(".packages"), digests.as_bytes())
    })?;
    Ok(folder)
}
