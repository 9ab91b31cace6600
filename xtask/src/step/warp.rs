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

/// Everything of the checkout that `warp` is made from.
const SOURCES: &[&str] =
    &["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "host", "wit", "xtask/src/step/warp.rs"];

impl BuildStep for BuildWarp {
    fn inputs(&self, context: &StepContext<'_>) -> anyhow::Result<Inputs> {
        let mut inputs = Inputs::default();
        for source in SOURCES {
            inputs.files(&context.paths.root, source)?;
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
