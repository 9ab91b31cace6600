//! What each source carries now, as new pins; writes no manifest.
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context;

use super::debian::Apt;
use super::fetcher::{Failure, Fetcher};
use super::{archive, git, golang, npm, pypi, rust_crate};
use crate::cache::Expected;
use crate::digest::sha256_of_file;
use crate::hint::Hint;
use crate::manifest::{Input, Kind, Manifest, Package, Pin, Pinned, Source, version_matches};

/// How far `cargo xtask pin` may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repin {
    /// Only what has no pin.
    Missing,
    /// What has no pin, and the current versions of registries.
    Registries,
    /// Also what the project's own references and assets stand for now.
    Everything,
}

impl Fetcher {
    /// New pins for the sources of one input. A pin of the same version keeps its row; a registry's other versions
    /// replace it. What was downloaded on the way is in the cache.
    ///
    /// # Errors
    /// When a source that has to be asked does not answer, or carries no version that the manifest allows.
    pub fn current_pins(&self, manifest: &Manifest, input: &Input, reach: Repin) -> anyhow::Result<Vec<Pin>> {
        let mut pins = Vec::new();
        for source in &input.sources {
            let present = manifest.pins_of(input, source);
            let complete = present.len() == source.artifact_names().len();
            let ask = match reach {
                Repin::Missing => !complete,
                Repin::Registries => !complete || source.kind().is_registry(),
                Repin::Everything => true,
            };
            if !ask {
                pins.extend(present.into_iter().cloned());
                continue;
            }
            let asked = self
                .ask(input, source)
                .with_context(|| format!("pinning source `{}` of `{}`", source.kind(), input.name))?;
            pins.extend(asked);
        }
        Ok(pins)
    }

    fn ask(&self, input: &Input, source: &Source) -> anyhow::Result<Vec<Pin>> {
        let context = self.context();
        let temp = self.cache().temp_dir()?;
        let name = source.artifact_names().first().copied().unwrap_or_default().to_owned();
        let _spinner = context.progress.spinner(&format!("{} {name}", source.kind()));
        let clients = &context.options.clients;
        let pin = |version: String, pinned: Pinned| Pin {
            input: input.name.clone(),
            kind: source.kind(),
            name: name.clone(),
            version,
            pinned,
        };
        match source {
            Source::Git { url, reference } => {
                let (commit, tree) = git::current(&context, url, reference)?;
                Ok(vec![pin(reference.clone(), Pinned::Commit { commit, tree: Some(tree), note: None })])
            }
            Source::Archive { url } => {
                let file = temp.path().join("asset");
                archive::download(&context, url, &name, None, &file).map_err(plain)?;
                Ok(vec![pin(input.revision.clone(), self.take(input, &name, &file)?)])
            }
            Source::Debian { packages } => self.ask_debian(input, packages, temp.path()),
            Source::Registry { kind, package, version } => {
                let allowed = version.as_deref();
                let (file, version) = match kind {
                    Kind::Npm => npm::current(clients, temp.path(), package, allowed)?,
                    Kind::Pypi => pypi::current(clients, temp.path(), package, allowed)?,
                    Kind::Go => golang::current(clients, temp.path(), package, allowed)?,
                    _ => {
                        let version = rust_crate::current(clients, temp.path(), package, allowed)?;
                        let file = rust_crate::download(clients, temp.path(), package, &version);
                        (file.map_err(plain)?, version)
                    }
                };
                let stored = match kind {
                    // Go names a module's archive by its version alone.
                    Kind::Go => format!("{}@{version}.zip", package.replace('/', "-")),
                    _ => file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                };
                Ok(vec![pin(version, self.take(input, &stored, &file)?)])
            }
        }
    }

    fn ask_debian(&self, input: &Input, packages: &[Package], folder: &Path) -> anyhow::Result<Vec<Pin>> {
        let suites: BTreeSet<&str> = packages.iter().map(|package| package.suite.as_str()).collect();
        let apt = Apt::open(&self.context().options.clients, folder, &suites).map_err(plain)?;
        let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
        let offers = apt.offers(&names)?;
        let mut pins = Vec::new();
        for package in packages {
            // apt lists the newest version first.
            let mut carried =
                offers.iter().filter(|offer| offer.package == package.name && offer.suite == package.suite);
            let allowed = |version: &str| {
                package.version.as_deref().is_none_or(|pattern| version_matches(pattern, version))
            };
            let Some(offer) = carried.clone().find(|offer| allowed(&offer.version)) else {
                let found: Vec<&str> = carried.by_ref().map(|offer| offer.version.as_str()).collect();
                let message = format!(
                    "suite `{}` carries no version {} of `{}`; it carries {}",
                    package.suite,
                    package.version.as_deref().unwrap_or("*"),
                    package.name,
                    if found.is_empty() { "none".to_owned() } else { found.join(", ") }
                );
                let hint = format!("change `version` of `{}` in `sdk-manifest.toml`", input.name);
                return Err(Hint::new(message, hint).into());
            };
            let (file, sha256, size) = apt.describe(&package.name, &offer.version)?;
            pins.push(Pin {
                input: input.name.clone(),
                kind: Kind::Debian,
                name: package.name.clone(),
                version: offer.version.clone(),
                pinned: Pinned::File { file, sha256, size: Some(size) },
            });
        }
        Ok(pins)
    }

    /// Puts a downloaded file into the cache under its own digest.
    fn take(&self, input: &Input, name: &str, file: &Path) -> anyhow::Result<Pinned> {
        let sha256 = sha256_of_file(file)?;
        let metadata = fs::metadata(file).with_context(|| format!("reading `{}`", file.display()))?;
        let expected = Expected { input: &input.name, file: name, sha256: &sha256 };
        self.cache().copy_in(expected, "the download", file)?;
        Ok(Pinned::File { file: name.to_owned(), size: Some(metadata.len()), sha256 })
    }
}

fn plain(failure: Failure) -> anyhow::Error {
    match failure {
        Failure::Unavailable(error) | Failure::Fatal(error) => error,
    }
}
