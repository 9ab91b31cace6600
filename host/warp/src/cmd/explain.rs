//! `warp run --explain`: says what a guest is and needs; runs nothing.

use anyhow::Context;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use warpgrid_host::WarpConfig;
use warpgrid_host::explain::explain;

/// Prints the explanation of a guest. The exit code is 0 when it could start, 1 when something is missing.
pub(crate) fn run(bytes: &[u8], path: &Path, config: &WarpConfig, json: bool) -> anyhow::Result<ExitCode> {
    let explanation =
        explain(bytes, config).with_context(|| format!("cannot explain `{}`", path.display()))?;
    let text = if json {
        serde_json::to_string_pretty(&explanation).context("cannot write JSON")? + "\n"
    } else {
        format!("`{}`\n{explanation}", path.display())
    };
    std::io::stdout().write_all(text.as_bytes()).context("cannot write to standard output")?;
    Ok(if explanation.missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
