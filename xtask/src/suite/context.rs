//! What every suite is handed; knows no suite.
use std::path::PathBuf;

use anyhow::Context;

use crate::cache::Lock;
use crate::hint::Hint;
use crate::paths::Paths;
use crate::plan::{LibcRoad, Options, RustRoad};
use crate::run::{self, RunOptions};
use crate::tree;

/// Everything a suite may use.
pub struct SuiteContext<'a> {
    /// The checkout and its folders.
    pub paths: &'a Paths,
    /// This very build driver, kept where no compiler replaces it.
    pub driver: PathBuf,
    /// The SDK as its users get it; none for suites that do not need one.
    pub sdk: Option<SdkUnderTest>,
    /// Whether the full sizes are wanted instead of those that fit into CI.
    pub full: bool,
    /// How many things to do at once.
    pub jobs: usize,
    /// Whether the network must not be used.
    pub offline: bool,
    /// The road to Rust's standard library.
    pub rust: RustRoad,
    /// Whether the present output of cases becomes the expected one (`BLESS=1`).
    pub bless: bool,
}

/// A finished tarball and the folder it was unpacked into.
#[derive(Debug, Clone)]
pub struct SdkUnderTest {
    /// The tarball.
    pub tarball: PathBuf,
    /// The top folder of the unpacked SDK (its path holds a space).
    pub folder: PathBuf,
    /// A stock `wasmtime` program of the version the host embeds.
    pub wasmtime: PathBuf,
}

impl SdkUnderTest {
    /// Builds the SDK if that is needed and unpacks the tarball as a user would, into a folder with a space.
    ///
    /// # Errors
    /// When the SDK or the stock `wasmtime` cannot be built, or the tarball not be unpacked.
    pub fn prepare(paths: &Paths, jobs: usize, offline: bool, rust: RustRoad) -> anyhow::Result<Self> {
        let options = RunOptions { offline, jobs };
        let plan = Options { only: vec![], targets: vec![], libc: LibcRoad::Auto, rust };
        let built = run::build(paths, &plan, &options)?;
        let wasmtime = run::stock_wasmtime(paths, &options)?;
        let folder = run::unpack_for_tests(paths, &built.tarball)?;
        Ok(Self { tarball: built.tarball, folder, wasmtime })
    }

    /// A program of the SDK.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// The folder to give as `--sysroot`.
    #[must_use]
    pub fn sysroot(&self, triple: &str, variant: &str) -> PathBuf {
        self.folder.join("share/warpgrid/sysroots").join(triple).join(variant)
    }
}

/// Held while suites or benchmarks run: they share the scratch folders and the logs of a build folder.
///
/// # Errors
/// When another run holds it; the hint says how to have two at once.
pub fn run_alone(paths: &Paths) -> anyhow::Result<Lock> {
    tree::create(&paths.target)?;
    Lock::try_exclusive(&paths.target.join("suites-lock"))?.ok_or_else(|| {
        let message = format!(
            "another run of `cargo xtask ci` or `bench` is under way in `{}`",
            paths.target.display()
        );
        let hint = "wait until it has ended, or give this one a folder of its own: `WARPGRID_BUILD=<folder>`";
        Hint::new(message, hint).into()
    })
}

/// Keeps the running program under another name: tests compile it again while suites that start it still run.
///
/// # Errors
/// When it cannot be found or copied.
pub fn keep_driver(paths: &Paths) -> anyhow::Result<PathBuf> {
    let running = std::env::current_exe().context("finding the running program")?;
    let kept = paths.target.join("driver/xtask");
    tree::empty(&paths.target.join("driver"))?;
    std::fs::copy(&running, &kept).with_context(|| format!("copying `{}`", running.display()))?;
    Ok(kept)
}

impl SuiteContext<'_> {
    /// The SDK under test.
    ///
    /// # Errors
    /// When the suite is not marked as needing one.
    pub fn sdk(&self) -> anyhow::Result<&SdkUnderTest> {
        self.sdk.as_ref().ok_or_else(|| anyhow::anyhow!("this suite was started without an SDK"))
    }

    /// An empty scratch folder of the suite, below the build folder.
    ///
    /// # Errors
    /// When an older one cannot be removed or a new one not be made.
    pub fn scratch(&self, suite: &str) -> anyhow::Result<PathBuf> {
        let folder = self.paths.target.join("scratch").join(suite);
        tree::empty(&folder)?;
        Ok(folder)
    }

    /// A log file of the suite.
    #[must_use]
    pub fn log(&self, name: &str) -> PathBuf {
        self.paths.target.join("log").join(format!("{}.log", name.replace([' ', '/'], "-")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_in_one_folder_is_told_so_and_one_elsewhere_goes_on() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let paths = |root: &std::path::Path| Paths::new(root.to_owned(), root.join("cache"), None);
        let first = run_alone(&paths(one.path())).unwrap();
        let error = run_alone(&paths(one.path())).unwrap_err();
        assert!(error.to_string().contains("is under way in"), "{error:#}");
        assert!(error.downcast_ref::<Hint>().unwrap().hint().contains("WARPGRID_BUILD"));
        run_alone(&paths(other.path())).unwrap();
        drop(first);
        run_alone(&paths(one.path())).unwrap();
    }
}
