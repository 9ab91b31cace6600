//! Runs the build driver on a copy of the tree in surroundings of the test's choice; knows not what is compared.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::SuiteContext;
use crate::exec::Program;
use crate::tree;

/// The flags for all parts without the tarball.
const PARTS: [&str; 8] = ["--only", "toolchain", "--only", "libc", "--only", "rust", "--only", "warp"];

/// The surroundings of one build.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The build driver to run.
    pub driver: PathBuf,
    /// The copy of the checkout to build.
    pub checkout: PathBuf,
    /// Where the build writes.
    pub build: PathBuf,
    /// The cache to use.
    pub cache: PathBuf,
    /// Folder of inputs by digest, if there is one.
    pub distfiles: Option<PathBuf>,
    /// Extra variables.
    pub environment: Vec<(&'static str, String)>,
    /// A program, with its arguments, that starts the build with something changed (`setpriv`, `sh` for the umask).
    pub starter: Vec<String>,
    /// `--jobs`.
    pub jobs: usize,
}

impl Surroundings {
    /// The plainest surroundings, below `folder`.
    #[must_use]
    pub fn plain(context: &SuiteContext<'_>, folder: &Path, checkout: &Path, cache: &Path) -> Self {
        Self {
            driver: context.driver.clone(),
            checkout: checkout.to_owned(),
            build: folder.join("build"),
            cache: cache.to_owned(),
            distfiles: None,
            environment: Vec::new(),
            starter: Vec::new(),
            jobs: context.jobs,
        }
    }

    /// `build-sdk --offline` in these surroundings, by the very program that runs this suite.
    ///
    /// # Errors
    /// When the path of the running program is unknown.
    pub fn build_sdk(&self) -> anyhow::Result<Program> {
        let mut line: Vec<String> = self.starter.clone();
        line.push(self.driver.display().to_string());
        let mut program = Program::new(&line[0]).args(&line[1..]);
        program = program
            .args(["build-sdk", "--offline", "--jobs", &self.jobs.to_string()])
            .current_dir(&self.checkout)
            .env("WARPGRID_BUILD", &self.build)
            .env("WARPGRID_CACHE", &self.cache)
            .env_remove("WARPGRID_DISTFILES")
            .env_remove("WARPGRID_HOST_BUILD");
        if let Some(folder) = &self.distfiles {
            program = program.env("WARPGRID_DISTFILES", folder);
        }
        for (name, value) in &self.environment {
            program = program.env(*name, value);
        }
        Ok(program)
    }

    /// The same for all parts, without packing them.
    ///
    /// # Errors
    /// As [`Surroundings::build_sdk`].
    pub fn build_parts(&self) -> anyhow::Result<Program> {
        Ok(self.build_sdk()?.args(PARTS))
    }
}

/// Copies what git would commit, as it is in the working tree, to `to`.
///
/// # Errors
/// When git cannot list the files or one cannot be copied.
pub fn copy_checkout(root: &Path, to: &Path) -> anyhow::Result<()> {
    let listing = Program::new("git")
        .current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .stdout()?;
    for name in listing.split('\0').filter(|name| !name.is_empty()) {
        let from = root.join(name);
        if !from.is_file() {
            continue;
        }
        let target = to.join(name);
        if let Some(folder) = target.parent() {
            tree::create(folder)?;
        }
        std::fs::copy(&from, &target).with_context(|| format!("copying `{}`", from.display()))?;
    }
    Ok(())
}

/// The only tarball below `build`.
///
/// # Errors
/// When there is none or more than one.
pub fn tarball(build: &Path) -> anyhow::Result<PathBuf> {
    let dist = build.join("dist");
    let mut found = tree::entries(&dist)?;
    found.retain(|path| path.to_string_lossy().ends_with(".tar.gz"));
    anyhow::ensure!(found.len() == 1, "expected one tarball in `{}`, found {}", dist.display(), found.len());
    Ok(found.remove(0))
}
