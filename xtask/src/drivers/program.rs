//! The program that starts servers and asks every driver, built from `tests/drivers/matrix`; knows no driver.
use std::path::PathBuf;

use crate::paths::Paths;
use crate::run::RunOptions;
use crate::step::host_cargo;

/// Its name, also as a package.
const NAME: &str = "warpgrid-driver-matrix";

/// Brings the program up to date and gives its path.
///
/// # Errors
/// When it does not compile.
pub fn program(paths: &Paths, run: &RunOptions) -> anyhow::Result<PathBuf> {
    host_cargo(paths)
        .args(["build", "--release", "--locked", "--package", NAME, "--bin", NAME])
        .args(["--jobs", &run.jobs.to_string()])
        .args(run.offline.then_some("--offline"))
        .run(&paths.target.join("log/build-driver-matrix.log"))?;
    Ok(paths.host_build.join("release").join(NAME))
}
