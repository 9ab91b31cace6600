//! Lays the parts together and packs them; knows not how a part was built.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{BuildStep, StepContext, facts, fetch, sysroot, toolchain};
use crate::file;
use crate::manifest::{Kind, Manifest};
use crate::pack::{self, licences};
use crate::paths::Paths;
use crate::stamp::Inputs;
use crate::toolchain::{check_libraries, oldest_glibc};
use crate::tree;

/// Writes the tarball and what lies beside it.
pub(super) struct Pack;

/// Files of the checkout that ship as they are: from, to.
const OWN_FILES: &[(&str, &str)] = &[
    ("LICENSE", "share/licenses/warpgrid/LICENSE"),
    ("wit/warpgrid", "share/warpgrid/wit"),
    ("docs/sdk-readme.md", "README.md"),
];

/// The parts, in an order in which none overwrites another.
fn parts(context: &StepContext<'_>) -> Vec<PathBuf> {
    let mut parts = vec![context.part("toolchain")];
    for target in &context.manifest.targets {
        for variant in &target.variants {
            parts.push(context.part(&format!("sysroot-{}-{variant}", target.triple)));
        }
    }
    parts.extend([context.part("fallback"), context.part("rust"), context.part("warp")]);
    parts
}

impl BuildStep for Pack {
    fn inputs(&self, context: &StepContext<'_>) -> anyhow::Result<Inputs> {
        let mut inputs = Inputs::default();
        inputs.value("sdk", &context.manifest.sdk.version);
        for (from, _) in OWN_FILES {
            inputs.files(&context.paths.root, from)?;
        }
        inputs.files(&context.paths.root, "rust-toolchain.toml")?;
        inputs.files(&context.paths.root, "xtask/src/pack")?;
        inputs.files(&context.paths.root, "xtask/src/step/facts.rs")?;
        for record in super::fetch::records(context).unwrap_or_default() {
            inputs.value("source", format!("{} {}", record.input, record.kind));
        }
        Ok(inputs)
    }

    fn output(&self, context: &StepContext<'_>) -> PathBuf {
        tarball_path(context.paths, context.manifest)
    }

    fn run(&self, context: &StepContext<'_>) -> anyhow::Result<()> {
        let staging = context.paths.staging();
        tree::replace(&staging, |folder| {
            for part in parts(context) {
                tree::link(&part, folder)?;
            }
            library_licences(context, folder)?;
            check_libraries(folder)?;
            OWN_FILES.iter().try_for_each(|(from, to)| {
                let (from, to) = (context.paths.root.join(from), folder.join(to));
                if from.is_dir() { tree::link(&from, &to) } else { file::link(&from, &to) }
            })
        })?;
        let packed =
            pack::pack(&staging, &facts::gather(context, oldest_glibc(&staging)?)?, &context.paths.dist())?;
        let expected = self.output(context);
        anyhow::ensure!(packed.archive == expected, "packed `{}`", packed.archive.display());
        remove_older(&context.paths.dist(), &expected)
    }
}

/// Where the tarball of this manifest lies.
#[must_use]
pub fn tarball_path(paths: &Paths, manifest: &Manifest) -> PathBuf {
    paths.dist().join(format!("warpgrid-sdk-{}-x86_64-linux.tar.gz", manifest.sdk.version))
}

/// The licence texts of the C and C++ libraries, as their packages carry them.
fn library_licences(context: &StepContext<'_>, staged: &Path) -> anyhow::Result<()> {
    let libc = staged.join("share/licenses/libc");
    if fetch::fetched(context, "libc")?.kind_used == Kind::Debian {
        let unpacked = sysroot::unpacked_libc(context)?;
        licences::copy_debian(unpacked.parent().unwrap_or(&unpacked), &["wasi-libc"], &libc)?;
    } else {
        licences::write_texts(&context.manifest.input("libc")?.licence, &libc)?;
    }
    let packages = toolchain::unpacked_llvm(context)?;
    let names = ["libc++-22-dev-wasm32", "libc++abi-22-dev-wasm32"];
    licences::copy_debian(&packages, &names, &staged.join("share/licenses/libcxx"))
}

/// Removes tarballs of other versions, and what a killed run left.
fn remove_older(dist: &Path, keep: &Path) -> anyhow::Result<()> {
    let name = keep.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for file in tree::files(dist)? {
        let found = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !found.starts_with(&name) {
            std::fs::remove_file(&file).with_context(|| format!("removing `{}`", file.display()))?;
        }
    }
    Ok(())
}
