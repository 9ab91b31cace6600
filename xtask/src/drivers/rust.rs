//! Builds the Rust drivers with the machine's own cargo, as anybody would.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::folder::Skipped;
use crate::exec::Program;
use crate::paths::Paths;
use crate::run::RunOptions;
use crate::stamp::Inputs;
use crate::tree;

/// The workspace of the programs.
const SOURCES: &str = "tests/drivers/rust";

pub(super) fn inputs(paths: &Paths) -> anyhow::Result<Inputs> {
    let mut inputs = Inputs::default();
    for part in ["Cargo.toml", "Cargo.lock", "src"] {
        inputs.files(&paths.root, &format!("{SOURCES}/{part}"))?;
    }
    inputs.files(&paths.root, "xtask/src/drivers/rust.rs")?;
    inputs.files(&paths.root, "rust-toolchain.toml")?;
    Ok(inputs)
}

/// Builds one program a file of `src/bin`.
pub(super) fn build(paths: &Paths, run: &RunOptions, into: &Path) -> anyhow::Result<Skipped> {
    rust_cargo(paths)
        .args(["build", "--locked", "--bins"])
        .args(run.offline.then_some("--offline"))
        .arg(format!("--jobs={}", run.jobs))
        .run(&paths.target.join("log/drivers-rust.log"))?;
    for source in tree::entries(&paths.root.join(SOURCES).join("src/bin"))? {
        let program = source.file_stem().unwrap_or_default();
        let (built, copy) = (target(paths).join("debug").join(program), into.join(program));
        std::fs::copy(&built, &copy).with_context(|| format!("copying `{}`", built.display()))?;
    }
    Ok(None)
}

/// Cargo in the workspace of the Rust drivers, with a folder of its own.
#[must_use]
pub fn rust_cargo(paths: &Paths) -> Program {
    Program::new("cargo")
        .env("CARGO_TARGET_DIR", target(paths))
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER")
        .current_dir(paths.root.join(SOURCES))
}

fn target(paths: &Paths) -> PathBuf {
    paths.target.join("drivers/rust")
}
