//! From a file to a validated manifest; knows the order of the passes, not their rules.
use std::path::Path;

use anyhow::Context;

use super::check;
use super::model::Manifest;
use super::nearest::nearest;
use super::problem::{Area, ManifestError, Problems};
use super::raw::RawManifest;

impl Manifest {
    /// Reads and validates the manifest.
    ///
    /// # Errors
    /// When the file cannot be read, or with all problems of its content ([`ManifestError`]).
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        Ok(Self::parse(&label(path), &read(path)?)?)
    }

    /// Reads the manifest for `cargo xtask pin`: pins may be missing, left over or malformed (those are dropped).
    ///
    /// # Errors
    /// As [`Manifest::load`], but only for the part for people.
    pub fn load_for_pinning(path: &Path) -> anyhow::Result<(Self, String)> {
        let text = read(path)?;
        let (manifest, mut problems) = examine(&label(path), &text);
        problems.retain(|problem| problem.area == Area::People);
        match manifest {
            Some(manifest) if problems.is_empty() => Ok((manifest, text)),
            _ => Err(ManifestError { problems }.into()),
        }
    }

    /// Validates a manifest's text; `file` is the name shown in messages.
    ///
    /// # Errors
    /// All problems found.
    pub fn parse(file: &str, text: &str) -> Result<Self, ManifestError> {
        match examine(file, text) {
            (Some(manifest), problems) if problems.is_empty() => Ok(manifest),
            (_, problems) => Err(ManifestError { problems }),
        }
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading `{}`", path.display()))
}

fn label(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn examine(file: &str, text: &str) -> (Option<Manifest>, Vec<super::Problem>) {
    let mut problems = Problems::new(file, text);
    let manifest = match toml::from_str::<RawManifest>(text) {
        Ok(raw) => Some(check::check(raw, text, &mut problems)),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let (message, hint) = explain(error.message());
            match hint {
                Some(hint) => problems.add_with_hint(Area::People, span, message, hint),
                None => problems.add(Area::People, span, message),
            }
            None
        }
    };
    (manifest, problems.into_sorted())
}

/// Serde's "unknown field `x`, expected one of `a`, `b`" as our "unknown key", with the nearest known one.
fn explain(message: &str) -> (String, Option<String>) {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.as_slice() {
        [key, known @ ..] if message.starts_with("unknown field") => {
            let hint = match nearest(key, known.iter().copied()) {
                Some(candidate) => format!("did you mean `{candidate}`?"),
                None => format!("known keys here are: {}", known.join(", ")),
            };
            (format!("unknown key `{key}`"), Some(hint))
        }
        [key, ..] if message.starts_with("missing field") => (format!("missing key `{key}`"), None),
        _ => {
            let first_line = message.lines().next().unwrap_or(message);
            (first_line.trim_end_matches('.').to_owned(), None)
        }
    }
}
