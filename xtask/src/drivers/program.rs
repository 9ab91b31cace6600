//! The program that starts servers and asks every driver, built from `tests/drivers/matrix`, and `warp`, which stands
//! between them; knows no driver.
use std::path::PathBuf;

use crate::paths::Paths;
use crate::run::RunOptions;
use crate::step::host_cargo;

/// Brings the program `warpgrid-driver-matrix` up to date and gives its path.
///
/// # Errors
/// When it does not compile.
pub fn program(paths: &Paths, run: &RunOptions) -> anyhow::Result<PathBuf> {
    built(paths, run, "warpgrid-driver-matrix")
}

/// Brings `warp` up to date, as it ships, and gives its path.
///
/// # Errors
/// When it does not compile.
pub fn warp(paths: &Paths, run: &RunOptions) -> anyhow::Result<PathBuf> {
    built(paths, run, "warp")
}

/// The program of the package of the same name.
fn built(paths: &Paths, run: &RunOptions, name: &str) -> anyhow::Result<PathBuf> {
    host_cargo(paths)
        .args(["build", "--release", "--locked", "--package", name, "--bin", name])
        .args(["--jobs", &run.jobs.to_string()])
        .args(run.offline.then_some("--offline"))
        .run(&paths.target.join(format!("log/build-{name}.log")))?;
    Ok(paths.host_build.join("release").join(name))
}
