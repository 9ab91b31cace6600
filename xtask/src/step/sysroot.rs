//! Builds one sysroot from the unpacked stock library, or from source; knows not what is in the overlay.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::{BuildStep, StepContext, fetch, toolchain};
use crate::manifest::Kind;
use crate::series::fork::Fork;
use crate::series::installed::apply_headers;
use crate::source::unpack;
use crate::stamp::Inputs;
use crate::sysroot::compiler::Compiler;
use crate::sysroot::recipe::Variant;
use crate::sysroot::stage::{StageInputs, stage_sysroot};

/// Makes the part `sysroot-<triple>-<variant>`.
pub(super) struct StageSysroot {
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
        let variant = match self.variant.as_str() {
            "stock" => Variant::Stock,
            _ => Variant::Warpgrid,
        };
        let root = &context.paths.root;
        let fork = Fork::open(root, "libc")?;
        let headers = |sysroot: &Path, triple: &str| {
            apply_headers(&fork.series()?, &fork.path_map()?, sysroot, triple).map(|_| ())
        };
        let libc = unpacked_libc(context)?;
        let packages = toolchain::unpacked_llvm(context)?;
        let scratch = context.scratch(&format!("sysroot-{}-{}", self.triple, self.variant));
        super::replace_folder(&self.output(context), |folder| {
            let out = folder.join("share/warpgrid/sysroots").join(&self.triple).join(&self.variant);
            stage_sysroot(&StageInputs {
                compiler: &compiler(context),
                libc: &libc,
                cxx: Some(&packages.join("usr")),
                wit: &root.join("wit/warpgrid"),
                fork: &fork.folder,
                sysroots: &root.join("sysroots"),
                triple: &self.triple,
                variant,
                headers: Some(&headers),
                out: &out,
                jobs: context.jobs,
                scratch: &scratch,
                bless: false,
            })?;
            Ok(())
        })
    }
}

/// The SDK's own clang, as the steps before laid it out.
pub(super) fn compiler(context: &StepContext<'_>) -> Compiler {
    Compiler { clang: context.part("toolchain").join("bin/clang"), resource_dir: None, env: Vec::new() }
}

/// A folder with `include/<triple>` and `lib/<triple>` of the stock library.
pub(super) fn unpacked_libc(context: &StepContext<'_>) -> anyhow::Result<PathBuf> {
    let fetched = fetch::fetched(context, "libc")?;
    let artifact = fetched.artifacts.first().context("`libc` was fetched without a file")?;
    let folder = context.scratch("libc-packages");
    super::replace_folder(&folder, |folder| match fetched.kind_used {
        Kind::Debian => unpack::deb(&artifact.path, folder),
        Kind::Archive => unpack::tar_gz(&artifact.path, folder),
        other => bail!("a prebuilt sysroot does not come as `{}`", other.as_str()),
    })?;
    Ok(match fetched.kind_used {
        Kind::Debian => folder.join("usr"),
        _ => folder,
    })
}
