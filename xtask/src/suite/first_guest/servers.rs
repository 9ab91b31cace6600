//! The database servers that the page starts: in a build folder of the tour's own, and gone when the tour is.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::super::SuiteContext;
use super::page::Substitute;
use crate::exec::Program;

/// Servers that nobody else sees: `cargo xtask services` keeps them by build folder. They are stopped on drop.
#[derive(Debug)]
pub(super) struct TourServers {
    driver: PathBuf,
    root: PathBuf,
    build: PathBuf,
    host_build: PathBuf,
    offline: bool,
}

impl TourServers {
    /// None yet: what a killed run left is stopped.
    ///
    /// # Errors
    /// When that does not end.
    pub(super) fn new(context: &SuiteContext<'_>) -> anyhow::Result<Self> {
        let servers = Self {
            driver: context.driver.clone(),
            root: context.paths.root.clone(),
            build: context.paths.target.join("tour"),
            host_build: context.paths.host_build.clone(),
            offline: context.offline,
        };
        servers.stop().context("stopping the database servers of an earlier tour")?;
        Ok(servers)
    }

    /// The build folder of the tour. Compiled crates stay there from run to run.
    pub(super) fn build(&self) -> &Path {
        &self.build
    }

    /// What the page has for a user's checkout, as it is here: the running driver and its own build folder.
    pub(super) fn substitutes(&self) -> Vec<Substitute> {
        let here = |page: &str, here: String| Substitute { page: page.to_owned(), here };
        let offline = if self.offline { " --offline" } else { "" };
        vec![
            here("cargo xtask services up", format!("cargo xtask services up{offline}")),
            here("cargo xtask", format!("'{}'", self.driver.display())),
            here("$CHECKOUT/target/warpgrid", self.build.display().to_string()),
        ]
    }

    /// Tells a program where the servers are kept.
    pub(super) fn told(&self, program: Program) -> Program {
        program.env("WARPGRID_BUILD", &self.build).env("WARPGRID_HOST_BUILD", &self.host_build)
    }

    fn stop(&self) -> anyhow::Result<()> {
        if !self.build.join("services/lock").is_file() {
            return Ok(());
        }
        let down = Program::new(&self.driver).args(["services", "down"]).current_dir(&self.root);
        self.told(down).stdout().map(|_| ())
    }
}

impl Drop for TourServers {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("the database servers of the tour do not end: {error:#}");
        }
    }
}
