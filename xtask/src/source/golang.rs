//! The source kind `go`: a module, through go, so that the module proxy and checksum database of the machine are used.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::client::Clients;
use super::fetcher::Failure;

/// Has go download one module's archive into its own cache.
pub(super) fn download(
    clients: &Clients,
    folder: &Path,
    module: &str,
    version: &str,
) -> Result<PathBuf, Failure> {
    get(clients, folder, module, version).map(|(path, _)| path).map_err(Failure::Unavailable)
}

/// Downloads the newest version, or the one that is allowed; gives the archive and its version.
pub(super) fn current(
    clients: &Clients,
    folder: &Path,
    module: &str,
    allowed: Option<&str>,
) -> anyhow::Result<(PathBuf, String)> {
    get(clients, folder, module, allowed.unwrap_or("latest"))
}

fn get(clients: &Clients, folder: &Path, module: &str, version: &str) -> anyhow::Result<(PathBuf, String)> {
    let wanted = format!("{module}@{version}");
    let said = clients.read(folder, "go", ["mod", "download", "-json", &wanted])?;
    let answer: serde_json::Value =
        serde_json::from_str(&said).context("the answer of `go mod download` is not JSON")?;
    let field = |name: &str| {
        let value = answer.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        value.with_context(|| format!("the answer of `go mod download` has no `{name}`"))
    };
    Ok((PathBuf::from(field("Zip")?), field("Version")?))
}
