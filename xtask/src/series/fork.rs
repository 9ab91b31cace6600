//! A fork's folder under `forks/`: where its patches, overlay and recipe lie; knows nothing of pins or git.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::folder::Series;
use super::path_map::PathMap;
use crate::hint::Hint;
use crate::tree;

/// One folder of `forks/`.
#[derive(Debug, Clone)]
pub struct Fork {
    /// Its name, which is also the name of its upstream in the manifest.
    pub name: String,
    /// `<root>/forks/<name>`, absolute.
    pub folder: PathBuf,
    /// The root of the repository, which `Test:` trailers are relative to.
    pub root: PathBuf,
}

impl Fork {
    /// The fork of that name.
    ///
    /// # Errors
    /// When `forks/<name>` does not exist: with the names that do.
    pub fn open(root: &Path, name: &str) -> anyhow::Result<Self> {
        let fork =
            Self { name: name.to_owned(), folder: root.join("forks").join(name), root: root.to_owned() };
        let plain =
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if plain && !name.is_empty() && fork.folder.is_dir() {
            return Ok(fork);
        }
        let names = Self::names(root)?.join(", ");
        let hint = if names.is_empty() {
            "there are no forks yet".to_owned()
        } else {
            format!("the forks are: {names}")
        };
        Err(Hint::new(format!("there is no fork `{name}` in `{}`", root.join("forks").display()), hint)
            .into())
    }

    /// The names of all forks, sorted.
    ///
    /// # Errors
    /// When `forks/` cannot be read; a missing folder has no forks.
    pub fn names(root: &Path) -> anyhow::Result<Vec<String>> {
        let folder = root.join("forks");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let forks = tree::entries(&folder)?.into_iter().filter(|path| path.is_dir());
        Ok(forks.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect())
    }

    /// The patch series.
    ///
    /// # Errors
    /// When a patch file cannot be read.
    pub fn series(&self) -> anyhow::Result<Series> {
        Series::load(&self.folder.join("patches"))
    }

    /// The overlay: our own files, which never become part of a patch.
    #[must_use]
    pub fn overlay(&self) -> PathBuf {
        self.folder.join("overlay")
    }

    /// The table `[header-map]` of `recipe.toml`; empty when the recipe has none.
    ///
    /// # Errors
    /// When the recipe cannot be read or the table is not as [`PathMap`] documents.
    pub fn path_map(&self) -> anyhow::Result<PathMap> {
        let path = self.folder.join("recipe.toml");
        if !path.exists() {
            return Ok(PathMap::default());
        }
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading `{}`", path.display()))?;
        PathMap::parse(&text).with_context(|| format!("using the recipe `{}`", path.display()))
    }
}
