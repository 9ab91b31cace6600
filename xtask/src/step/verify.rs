//! Opens the finished tarball and checks all of it.
use std::path::PathBuf;

use super::{BuildStep, StepContext};
use crate::pack::{self, Verification};
use crate::stamp::Inputs;

/// Verifies what `pack` wrote; its output is the tarball itself.
pub(super) struct Verify;

impl BuildStep for Verify {
    fn inputs(&self, context: &StepContext<'_>) -> anyhow::Result<Inputs> {
        let mut inputs = Inputs::default();
        inputs.files(&context.paths.root, "xtask/src/pack")?;
        Ok(inputs)
    }

    fn output(&self, context: &StepContext<'_>) -> PathBuf {
        super::tarball_path(context.paths, context.manifest)
    }

    fn run(&self, context: &StepContext<'_>) -> anyhow::Result<()> {
        let tarball = self.output(context);
        let paths = context.paths;
        let forbidden = [&paths.root, &paths.cache, &paths.target, &paths.cargo_home]
            .map(|folder| format!("{}/", folder.display()));
        let report = pack::verify(&Verification { archive: &tarball, forbidden: &forbidden })?;
        let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        anyhow::ensure!(report.sound(), "`{}` is not sound:\n{}", tarball.display(), problems.join("\n"));
        Ok(())
    }
}
