//! Builds the programs that measure; knows no figure.
use std::path::PathBuf;

use anyhow::Context;
use serde::Deserialize;

use crate::paths::Paths;
use crate::step::host_cargo;

/// A line that cargo prints for each artifact.
#[derive(Debug, Deserialize)]
struct CargoMessage {
    target: Option<CargoTarget>,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct CargoTarget {
    kind: Vec<String>,
}

/// Builds the benchmark `name` and whatever else `arguments` say, with the flags of the shipped build.
///
/// # Errors
/// When it does not compile.
pub(super) fn measuring(paths: &Paths, name: &str, arguments: &[&str]) -> anyhow::Result<PathBuf> {
    let text = host_cargo(paths)
        .args(["build", "--release", "--locked"])
        .args(arguments.iter().copied())
        .args(["--bench", name, "--message-format", "json-render-diagnostics"])
        .stdout()?;
    text.lines()
        .filter_map(|line| serde_json::from_str::<CargoMessage>(line).ok())
        .find(|message| message.target.as_ref().is_some_and(|target| target.kind == ["bench"]))
        .and_then(|message| message.executable)
        .with_context(|| format!("cargo built no benchmark `{name}`"))
}
