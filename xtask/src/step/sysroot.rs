//! Builds one sysroot from the unpacked stock library, or from source; knows not what is in the overlay.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::{BuildStep, StepContext, fetch, toolchain};
use crate::hint::Hint;
use crate::manifest::{Kind, Variant};
use crate::series::fork::Fork;
use crate::series::installed::apply_headers;
use crate::series::manifest_pins::ManifestPins;
use crate::series::rebase::Rebase;
use crate::series::upstream::PinTable as _;
use crate::source::unpack;
use crate::stamp::Inputs;
use crate::sysroot::compiler::Compiler;
use crate::sysroot::recipe::Description;
use crate::sysroot::source_road::{SourceInputs, build_from_source};
use crate::sysroot::stage::{HeaderStep, StageInputs, stage_sysroot};
use crate::tree;

/// Makes the part `sysroot-<triple>-<variant>`.
pub(super) struct StageSysroot {
    /// Target triple.
    pub triple: String,
    /// Which of its sysroots.
    pub variant: Variant,
}

impl BuildStep for StageSysroot {
    fn inputs(&self, context: &StepContext<'_>) -> anyhow::Result<Inputs> {
        let mut inputs = Inputs::default();
        let root = &context.paths.root;
        inputs.files(root, "xtask/src/sysroot")?;
        let described = format!("sysroots/{}.{}.", self.triple, self.variant);
        for file in tree::files(&root.join("sysroots"))? {
            let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().into_owned();
            if name.starts_with(&described) {
                inputs.files(root, &name)?;
            }
        }
        inputs.files(root, "forks/libc/recipe.toml")?;
        if self.variant == Variant::Warpgrid {
            inputs.files(root, "forks/libc/overlay")?;
            inputs.files(root, "forks/libc/patches")?;
            inputs.files(root, "wit/warpgrid")?;
        } else {
            inputs.files(root, "forks/libc/overlay/cxx")?;
        }
        Ok(inputs)
    }

    fn output(&self, context: &StepContext<'_>) -> PathBuf {
        context.part(&format!("sysroot-{}-{}", self.triple, self.variant))
    }

    fn run(&self, context: &StepContext<'_>) -> anyhow::Result<()> {
        let root = &context.paths.root;
        let fork = Fork::open(root, "libc")?;
        let apply = |sysroot: &Path, triple: &str| {
            apply_headers(&fork.series()?, &fork.path_map()?, sysroot, triple).map(|_| ())
        };
        let scratch = context.scratch(&format!("sysroot-{}-{}", self.triple, self.variant));
        let from_source = fetch::fetched(context, "libc")?.kind_used == Kind::Git;
        // On the source road the series was applied before the build: its headers are changed already.
        let headers: Option<HeaderStep<'_>> = if from_source { None } else { Some(&apply) };
        let libc = if from_source {
            self.built_from_source(context, &fork, &scratch)?
        } else {
            unpacked_libc(context)?
        };
        let packages = toolchain::unpacked_llvm(context)?;
        tree::replace(&self.output(context), |folder| {
            let out = folder.join("share/warpgrid/sysroots").join(&self.triple).join(self.variant.as_str());
            stage_sysroot(&StageInputs {
                compiler: &compiler(context),
                libc: &libc,
                cxx: Some(&packages.join("usr")),
                wit: &root.join("wit/warpgrid"),
                fork: &fork.folder,
                sysroots: &root.join("sysroots"),
                triple: &self.triple,
                variant: self.variant,
                headers,
                out: &out,
                jobs: context.jobs,
                scratch: &scratch,
                bless: context.paths.bless,
            })?;
            Ok(())
        })
    }
}

impl StageSysroot {
    /// Upstream's own build of the pinned tree, with the series applied for the variant `warpgrid`.
    fn built_from_source(
        &self,
        context: &StepContext<'_>,
        fork: &Fork,
        scratch: &Path,
    ) -> anyhow::Result<PathBuf> {
        let fetched = fetch::fetched(context, "libc")?;
        let repository = fetched.artifacts.first().context("`libc` was fetched without a repository")?;
        let commit = repository.commit.as_deref().context("`libc` was fetched without a commit")?;
        let tree = scratch.join("tree");
        tree::create(scratch)?;
        let sysroots = context.paths.root.join("sysroots");
        let parts = Description::read(&sysroots, &self.triple, self.variant)?.parts;
        if self.variant == Variant::Stock {
            tree::replace(&tree, |folder| unpack::git_tree(&repository.path, commit, folder))?;
        } else {
            let sh = xshell::Shell::new().context("finding the current folder")?;
            let rebase = Rebase {
                sh: &sh,
                fork,
                checkout: &tree,
                cache: &context.paths.cache,
                from: Some(&repository.path),
                discard: true,
            };
            let report = rebase.apply(&ManifestPins::new(&context.paths.manifest).pin("libc")?, None, &[])?;
            if !report.is_clean() {
                let message = "the series does not apply to the pinned upstream";
                return Err(Hint::new(
                    message,
                    "run `cargo xtask rebase libc --apply` and look at its report",
                )
                .into());
            }
        }
        let cmake = context.paths.clients.need("cmake")?;
        build_from_source(&SourceInputs {
            tree: &tree,
            compiler: &compiler(context),
            cmake: &cmake,
            fork: &fork.folder,
            wit: &context.paths.root.join("wit/warpgrid"),
            triple: &self.triple,
            variant: self.variant,
            parts: &parts,
            jobs: context.jobs,
            scratch,
        })
    }
}

/// Whether the library was fetched as source.
///
/// # Errors
/// When the record of the fetch step cannot be read.
pub fn libc_is_source(context: &StepContext<'_>) -> anyhow::Result<bool> {
    let recorded = fetch::records(context)?;
    Ok(recorded.iter().any(|record| record.input == "libc" && record.kind == Kind::Git.as_str()))
}

/// Everything that decides whether the source road can be gone.
///
/// # Errors
/// When something of it cannot be read.
pub fn source_road_inputs(context: &StepContext<'_>) -> anyhow::Result<Inputs> {
    let mut inputs = Inputs::default();
    inputs.value("libc", format!("{:?}", context.manifest.input("libc")?));
    for source in ["forks/libc", "xtask/src/sysroot", "wit/warpgrid"] {
        inputs.files(&context.paths.root, source)?;
    }
    Ok(inputs)
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
    tree::replace(&folder, |folder| match fetched.kind_used {
        Kind::Debian => unpack::deb(&artifact.path, folder),
        Kind::Archive => unpack::tar_gz(&artifact.path, folder),
        other => bail!("a prebuilt sysroot does not come as `{}`", other.as_str()),
    })?;
    if fetched.kind_used == Kind::Debian {
        return Ok(folder.join("usr"));
    }
    // A release asset may hold everything in one folder that names its version.
    match tree::entries(&folder)?.as_slice() {
        [top] if top.is_dir() && !top.ends_with("include") => Ok(top.clone()),
        _ => Ok(folder),
    }
}
