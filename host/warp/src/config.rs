//! Reading `warp.toml` for every command; knows not what it is for.

use crate::report::hinted;
use anyhow::Context;
use std::path::{Path, PathBuf};
use warpgrid_host::WarpConfig;

/// The configuration and the folder that its relative paths start at.
pub(crate) fn read_config(path: Option<&Path>) -> anyhow::Result<(WarpConfig, PathBuf)> {
    let Some(path) = path else { return Ok((WarpConfig::default(), PathBuf::new())) };
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let (config, warnings) = WarpConfig::parse(&text, path).map_err(|error| {
        let hints = error.hint.clone().into_iter().collect();
        hinted(error, hints)
    })?;
    for warning in warnings {
        tracing::warn!("`{}` {warning}", path.display());
    }
    Ok((config, path.parent().map(Path::to_owned).unwrap_or_default()))
}
