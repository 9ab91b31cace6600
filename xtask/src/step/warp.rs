//! Builds the `warp` program as it ships: no path of the build machine in it; knows not what `warp` does.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{BuildStep, StepContext};
use crate::cache::built::{self, Key};
use crate::exec::Program;
use crate::pack::licences::{self, CrateOptions};
use crate::paths::Paths;
use crate::stamp::Inputs;
use crate::toolchain::encoded_flags;
use crate::{file, tree};

/// Builds `warp`, or takes it from the cache when the same sources were built before.
pub(super) struct BuildWarp;

/// What `warp` is made from, beside the packages of the host.
const SOURCES: &[&str] =
    &["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "wit", "xtask/src/step/warp.rs"];
/// The folder of the host's packages.
const PACKAGES: &str = "host";
/// What of a package is in no program.
const IN_NO_PROGRAM: &[&str] = &["benches", "examples", "tests"];

impl BuildStep for BuildWarp {
    fn inputs(&self, context: &StepContext<'_>) -> anyhow::Result<Inputs> {
        let mut inputs = Inputs::default();
        for source in SOURCES {
            inputs.files(&context.paths.root, source)?;
        }
        for source in sources_of_packages(&context.paths.root)? {
            inputs.files(&context.paths.root, &source)?;
        }
        Ok(inputs)
    }

    fn output(&self, context: &StepContext<'_>) -> PathBuf {
        context.part("warp")
    }

    fn run(&self, context: &StepContext<'_>) -> anyhow::Result<()> {
        let key = Key::new("warp").with("sources", &self.inputs(context)?.digest());
        let fetcher = context.fetcher()?;
        let built = built::publish(fetcher.cache(), &key, |folder| {
            host_cargo(context.paths)
                .args(["build", "--release", "--locked", "--package", "warp"])
                .args(["--jobs", &context.jobs.to_string()])
                .args(context.offline.then_some("--offline"))
                .run(&context.log("build-warp"))?;
            let program = context.paths.host_build.join("release/warp");
            let target = folder.join("warp");
            std::fs::copy(&program, &target).with_context(|| format!("copying `{}`", program.display()))?;
            let licences = licences::of_crates(&CrateOptions {
                cargo: Path::new("cargo"),
                manifest: &context.paths.root.join("host/warp/Cargo.toml"),
                features: &[],
                offline: context.offline,
            })?;
            let target = folder.join("LICENCES.txt");
            std::fs::write(&target, licences).with_context(|| format!("writing `{}`", target.display()))
        })?;
        tree::replace(&self.output(context), |folder| {
            file::link(&built.join("warp"), &folder.join("bin/warp"))?;
            file::link(&built.join("LICENCES.txt"), &folder.join("share/licenses/warp/LICENCES.txt"))
        })
    }
}

/// Files and folders of the host's packages that end up in programs, relative to `root`.
fn sources_of_packages(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut sources = Vec::new();
    for package in tree::entries(&root.join(PACKAGES))? {
        for entry in tree::entries(&package)? {
            let relative = entry.strip_prefix(root).unwrap_or(&entry).display().to_string();
            if !IN_NO_PROGRAM.iter().any(|name| entry.ends_with(name)) {
                sources.push(relative);
            }
        }
    }
    Ok(sources)
}

/// Cargo as it builds the host: in a folder of its own, with the flags of the shipped build, so that tests,
/// clippy and the SDK share one compiled wasmtime.
#[must_use]
pub fn host_cargo(paths: &Paths) -> Program {
    let flags = encoded_flags(&[&paths.root, &paths.host_build, &paths.cargo_home]);
    Program::new("cargo")
        .current_dir(&paths.root)
        .env("CARGO_TARGET_DIR", &paths.host_build)
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_of_the_host_is_no_part_of_the_program() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["src", "tests", "benches"] {
            tree::create(&folder.path().join("host/warp").join(name)).unwrap();
        }
        std::fs::write(folder.path().join("host/warp/Cargo.toml"), "").unwrap();
        assert_eq!(sources_of_packages(folder.path()).unwrap(), ["host/warp/Cargo.toml", "host/warp/src"]);
    }
}
