//! Builds the Rust drivers with the machine's own cargo, as anybody would.
use std::path::Path;

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
    let folder = paths.root.join(SOURCES);
    let target = paths.target.join("drivers/rust");
    Program::new("cargo")
        .args(["build", "--locked", "--bins"])
        .args(run.offline.then_some("--offline"))
        .arg(format!("--jobs={}", run.jobs))
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER")
        .current_dir(&folder)
        .run(&paths.target.join("log/drivers-rust.log"))?;
    for source in tree::entries(&folder.join("src/bin"))? {
        let program = source.file_stem().unwrap_or_default();
        let (built, copy) = (target.join("debug").join(program), into.join(program));
        std::fs::copy(&built, &copy).with_context(|| format!("copying `{}`", built.display()))?;
    }
    Ok(None)
}
