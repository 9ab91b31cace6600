//! Makes a virtual file map; knows no rule of look-up.

use super::map::Entry;
use super::{Content, FileBytes, ProcessFacts, VirtualFileMap, VirtualFolder};
use crate::path::{NormalPath, PathError};
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;

/// Why a path could not be put into a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildError {
    /// The text is not a path.
    InvalidPath(String, PathError),
    /// The path, or a folder above it, is already a file, or the path is already a folder.
    Occupied(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::InvalidPath(path, error) => write!(out, "virtual path `{path}`: {error}"),
            BuildError::Occupied(path) => {
                write!(out, "virtual path `{path}` is in the way of another virtual file or folder")
            }
        }
    }
}

impl core::error::Error for BuildError {}

/// Collects entries and gives an immutable [`VirtualFileMap`].
#[derive(Default)]
pub struct VirtualFileMapBuilder {
    entries: BTreeMap<String, Entry>,
}

impl VirtualFileMapBuilder {
    /// An empty map: no path is virtual.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a file at exactly `path`. Folders above it are listed by the map but not owned: other names
    /// in them belong to the ordinary file system. A file that is already there is replaced.
    ///
    /// # Errors
    /// [`BuildError`] when the path is not one, or is in the way of another entry.
    pub fn file(mut self, path: &str, content: Content) -> Result<Self, BuildError> {
        let path = normal(path)?;
        self.place(&path, Entry::File(content))?;
        Ok(self)
    }

    /// Puts fixed bytes at exactly `path`; see [`VirtualFileMapBuilder::file`].
    ///
    /// # Errors
    /// As for [`VirtualFileMapBuilder::file`].
    pub fn bytes(self, path: &str, bytes: impl Into<FileBytes>) -> Result<Self, BuildError> {
        self.file(path, Content::Bytes(bytes.into()))
    }

    /// Puts a subtree at the prefix `path`. It owns the prefix: a name it does not know does not exist.
    ///
    /// # Errors
    /// As for [`VirtualFileMapBuilder::file`].
    pub fn folder(mut self, path: &str, folder: Arc<dyn VirtualFolder>) -> Result<Self, BuildError> {
        let path = normal(path)?;
        self.place(&path, Entry::Subtree(folder))?;
        Ok(self)
    }

    /// Adds `/dev/null` and `/dev/urandom`.
    ///
    /// # Errors
    /// As for [`VirtualFileMapBuilder::file`].
    pub fn devices(self) -> Result<Self, BuildError> {
        self.file("/dev/null", Content::NullDevice)?.file("/dev/urandom", Content::RandomDevice)
    }

    /// Adds the files of `/proc/self`, and owns that folder.
    ///
    /// # Errors
    /// As for [`VirtualFileMapBuilder::file`].
    pub fn process(self, facts: &ProcessFacts) -> Result<Self, BuildError> {
        self.folder("/proc/self", Arc::new(facts.folder()))
    }

    /// The finished map.
    pub fn build(self) -> VirtualFileMap {
        VirtualFileMap::new(self.entries)
    }

    fn place(&mut self, path: &NormalPath, entry: Entry) -> Result<(), BuildError> {
        let occupied = || BuildError::Occupied(path.to_string());
        match (self.entries.get(path.as_str()), &entry) {
            (None, _) | (Some(Entry::File(_)), Entry::File(_)) => {}
            (Some(_), _) => return Err(occupied()),
        }
        if path.as_str() == "/" && matches!(entry, Entry::File(_)) {
            return Err(occupied());
        }
        let kind = entry.kind();
        let mut child_kind = kind;
        for (folder, rest) in path.ancestors() {
            let child = rest.split('/').next().unwrap_or(rest);
            match self.entries.entry(folder.to_string()).or_insert_with(Entry::passage) {
                Entry::Passage(children) => {
                    children.insert(child.to_string(), child_kind);
                }
                Entry::File(_) | Entry::Subtree(_) => return Err(occupied()),
            }
            child_kind = super::FileKind::Directory;
        }
        self.entries.insert(path.to_string(), entry);
        Ok(())
    }
}

fn normal(path: &str) -> Result<NormalPath, BuildError> {
    NormalPath::new(path).map_err(|error| BuildError::InvalidPath(path.to_string(), error))
}
