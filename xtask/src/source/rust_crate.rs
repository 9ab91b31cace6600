//! The source kind `crate`: a package of the Rust registry, through cargo, so that source replacement is honoured.
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::client::Clients;
use super::fetcher::Failure;

/// Has cargo download one package, without its dependencies, and gives the archive from cargo's own cache.
/// Where several registries are configured, the newest archive of that name is taken; the caller verifies its bytes.
pub(super) fn download(
    clients: &Clients,
    folder: &Path,
    package: &str,
    version: &str,
) -> Result<PathBuf, Failure> {
    let wanted = format!("{package}@{}", plain(version));
    clients.read(folder, "cargo", ["info", "--quiet", &wanted]).map_err(Failure::Unavailable)?;
    find(&clients.cargo_home, package, version).ok_or_else(|| {
        Failure::Unavailable(anyhow::anyhow!(
            "cargo knows `{wanted}`, but keeps no archive of it under `{}` (is a vendored folder configured?)",
            clients.cargo_home.display()
        ))
    })
}

/// A version without build metadata, which cargo does not take in a package's name.
fn plain(version: &str) -> &str {
    version.split('+').next().unwrap_or(version)
}

fn find(cargo_home: &Path, package: &str, version: &str) -> Option<PathBuf> {
    let file = format!("{package}-{version}.crate");
    let registries = fs::read_dir(cargo_home.join("registry/cache")).ok()?;
    registries
        .flatten()
        .map(|registry| registry.path().join(&file))
        .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
        .max()
        .map(|(_, path)| path)
}

/// The newest version that cargo would choose within `allowed`, from the lock file of a package made for the purpose.
pub(super) fn current(
    clients: &Clients,
    folder: &Path,
    package: &str,
    allowed: Option<&str>,
) -> anyhow::Result<String> {
    let requirement = match allowed {
        None => "*".to_owned(),
        Some(pattern) if pattern.ends_with('*') => pattern.to_owned(),
        Some(exact) => format!("={}", plain(exact)),
    };
    let manifest = format!(
        "[package]\nname = \"pin-probe\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[lib]\npath = \"lib.rs\"\n\n\
         [dependencies]\nwanted = {{ package = \"{package}\", version = \"{requirement}\", default-features = false }}\n\n\
         [workspace]\n"
    );
    for (name, text) in [("Cargo.toml", manifest.as_str()), ("lib.rs", "")] {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("writing `{}`", path.display()))?;
    }
    clients.read(folder, "cargo", ["generate-lockfile", "--quiet"])?;
    let path = folder.join("Cargo.lock");
    let text = fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
    let lock: toml::Table = toml::from_str(&text).with_context(|| format!("parsing `{}`", path.display()))?;
    let packages = lock.get("package").and_then(toml::Value::as_array).map_or(&[][..], Vec::as_slice);
    // Other packages may depend on another version of it; the probe's own is the newest allowed one.
    let versions = packages
        .iter()
        .filter(|entry| entry.get("name").and_then(toml::Value::as_str) == Some(package))
        .filter_map(|entry| entry.get("version").and_then(toml::Value::as_str))
        .filter_map(|version| semver::Version::parse(version).ok());
    let newest = versions.max().with_context(|| format!("cargo's lock file does not name `{package}`"))?;
    Ok(newest.to_string())
}
