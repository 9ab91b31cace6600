//! The source kind `npm`: a package of the Node registry, through npm, without running its scripts.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::client::Clients;
use super::fetcher::Failure;

/// Has npm download one package's archive into `folder`.
pub(super) fn download(
    clients: &Clients,
    folder: &Path,
    package: &str,
    version: &str,
) -> Result<PathBuf, Failure> {
    pack(clients, folder, package, version).map(|(path, _)| path).map_err(Failure::Unavailable)
}

/// Downloads the newest version within `allowed`; gives the archive and its version.
pub(super) fn current(
    clients: &Clients,
    folder: &Path,
    package: &str,
    allowed: Option<&str>,
) -> anyhow::Result<(PathBuf, String)> {
    pack(clients, folder, package, allowed.unwrap_or("latest"))
}

fn pack(clients: &Clients, folder: &Path, package: &str, version: &str) -> anyhow::Result<(PathBuf, String)> {
    let wanted = format!("{package}@{version}");
    let said = clients.read(folder, "npm", ["pack", "--ignore-scripts", "--json", "--", &wanted])?;
    let answer: serde_json::Value =
        serde_json::from_str(&said).context("the answer of `npm pack` is not JSON")?;
    let entry = match &answer {
        serde_json::Value::Array(entries) => entries.first().cloned().unwrap_or_default(),
        // Newer versions answer with an object by package name.
        serde_json::Value::Object(entries) => entries.values().next().cloned().unwrap_or_default(),
        _ => serde_json::Value::Null,
    };
    let field = |name: &str| {
        let value = entry.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
        value.with_context(|| format!("the answer of `npm pack` has no `{name}`"))
    };
    let file = field("filename")?.replace('@', "").replace('/', "-");
    let path = folder.join(&file);
    anyhow::ensure!(path.is_file(), "`npm pack` says it wrote `{file}`, but it is not there");
    Ok((path, field("version")?))
}
