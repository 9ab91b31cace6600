//! The patch files of one fork, in order; knows nothing of git.
use std::path::{Path, PathBuf};

use super::finding::Finding;
use super::name::PatchName;
use super::patch::Patch;
use crate::tree;

/// A fork's `patches/` folder as it was read.
#[derive(Debug, Clone)]
pub struct Series {
    /// The folder, as the caller named it.
    pub folder: PathBuf,
    /// The patches, sorted by file name: the order in which they apply.
    pub patches: Vec<Patch>,
    /// Names in the folder that are no `*.patch` file.
    pub strangers: Vec<String>,
}

impl Series {
    /// Reads every `*.patch` file of `folder`. A missing folder is an empty series.
    ///
    /// # Errors
    /// When the folder or a file in it cannot be read.
    pub fn load(folder: &Path) -> anyhow::Result<Self> {
        let mut series = Self { folder: folder.to_owned(), patches: Vec::new(), strangers: Vec::new() };
        if !folder.exists() {
            return Ok(series);
        }
        for path in tree::entries(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match name.ends_with(".patch") && path.is_file() {
                true => series.patches.push(Patch::read(&path)?),
                false if name == ".gitkeep" => {}
                false => series.strangers.push(name),
            }
        }
        Ok(series)
    }

    /// The path of a patch's file.
    #[must_use]
    pub fn path(&self, patch: &Patch) -> PathBuf {
        self.folder.join(&patch.file_name)
    }

    /// The patch with the same slug: numbers move when a patch is inserted, slugs do not.
    #[must_use]
    pub fn by_slug(&self, slug: &str) -> Option<&Patch> {
        self.patches.iter().find(|patch| patch.slug() == slug)
    }

    /// The patch that a `Depends-on:` names, number included.
    #[must_use]
    pub fn by_name(&self, name: &PatchName) -> Option<&Patch> {
        self.patches.iter().find(|patch| patch.name().as_ref() == Some(name))
    }

    /// The features that the series has, sorted.
    #[must_use]
    pub fn features(&self) -> Vec<&str> {
        let mut features: Vec<&str> = self.patches.iter().filter_map(Patch::feature).collect();
        features.sort_unstable();
        features.dedup();
        features
    }

    /// A fault of one of the patches.
    #[must_use]
    pub fn finding(&self, patch: &Patch, line: usize, message: impl Into<String>) -> Finding {
        Finding::new(self.path(patch), line, message)
    }
}
