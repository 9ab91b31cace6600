//! Installs the packages of the Node drivers as their lock file says, without running their scripts.
use std::path::Path;

use super::folder::Skipped;
use crate::exec::Program;
use crate::paths::Paths;
use crate::run::RunOptions;
use crate::stamp::Inputs;
use crate::{file, tree};

/// Scripts, `package.json` and its lock.
const SOURCES: &str = "tests/drivers/node";
/// What the drivers ask for.
const OLDEST: u32 = 20;

pub(super) fn inputs(paths: &Paths) -> anyhow::Result<Inputs> {
    let mut inputs = Inputs::default();
    for source in sources(paths)? {
        let name = source.file_name().unwrap_or_default().to_string_lossy();
        inputs.files(&paths.root, &format!("{SOURCES}/{name}"))?;
    }
    inputs.files(&paths.root, "xtask/src/drivers/node.rs")?;
    inputs.value("node", version("node").unwrap_or_default());
    inputs.value("npm", version("npm").unwrap_or_default());
    Ok(inputs)
}

/// Copies the scripts and puts the packages beside them.
pub(super) fn build(paths: &Paths, run: &RunOptions, into: &Path) -> anyhow::Result<Skipped> {
    let (Some(node), Some(_)) = (version("node"), version("npm")) else {
        let reason =
            "there is no `node` with `npm` on this machine: get it from https://nodejs.org/en/download";
        return Ok(Some(reason.to_owned()));
    };
    let major = node.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_some_and(|major| major < OLDEST) {
        let reason = format!(
            "the drivers need Node {OLDEST}, this machine has {node}: get it from https://nodejs.org/en/download"
        );
        return Ok(Some(reason));
    }
    for source in sources(paths)? {
        file::copy_bytes(&source, &into.join(source.file_name().unwrap_or_default()))?;
    }
    Program::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .args(run.offline.then_some("--offline"))
        .current_dir(into)
        .run(&paths.target.join("log/drivers-node.log"))?;
    Ok(None)
}

/// The files of the folder itself: packages that somebody installed there by hand stay out.
fn sources(paths: &Paths) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let mut entries = tree::entries(&paths.root.join(SOURCES))?;
    entries.retain(|path| path.is_file());
    Ok(entries)
}

fn version(program: &str) -> Option<String> {
    Some(Program::new(program).arg("--version").stdout().ok()?.trim().to_owned())
}
