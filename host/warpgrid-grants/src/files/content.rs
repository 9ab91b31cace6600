//! What stands behind a virtual path; knows no path and no guest.

use super::FileKind;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Bytes of a file: part of the program, or shared by all who have the file open.
#[derive(Clone)]
pub enum FileBytes {
    /// Embedded in the program.
    Static(&'static [u8]),
    /// Made at run time.
    Shared(Arc<[u8]>),
}

impl FileBytes {
    /// Whether two values are the same bytes. Cheap when they come from one place.
    pub fn is_same(&self, other: &Self) -> bool {
        let (own, other) = (self.as_ref(), other.as_ref());
        core::ptr::eq(own, other) || own == other
    }
}

impl AsRef<[u8]> for FileBytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            FileBytes::Static(bytes) => bytes,
            FileBytes::Shared(bytes) => bytes,
        }
    }
}

impl From<String> for FileBytes {
    fn from(text: String) -> Self {
        FileBytes::Shared(text.into_bytes().into())
    }
}

impl From<&'static str> for FileBytes {
    fn from(text: &'static str) -> Self {
        FileBytes::Static(text.as_bytes())
    }
}

impl From<Vec<u8>> for FileBytes {
    fn from(bytes: Vec<u8>) -> Self {
        FileBytes::Shared(bytes.into())
    }
}

/// The content of one virtual file.
#[derive(Clone)]
pub enum Content {
    /// The same bytes at every open.
    Bytes(FileBytes),
    /// Asked at every open; what it gives stays the content of that handle.
    Generated(Arc<dyn Fn() -> FileBytes + Send + Sync>),
    /// Reads give nothing, writes are taken and forgotten.
    NullDevice,
    /// Reads give random bytes from the caller's [`RandomSource`].
    RandomDevice,
}

impl Content {
    /// The kind that `stat` gives.
    pub fn kind(&self) -> FileKind {
        match self {
            Content::Bytes(_) | Content::Generated(_) => FileKind::Regular,
            Content::NullDevice | Content::RandomDevice => FileKind::CharacterDevice,
        }
    }
}

impl fmt::Debug for Content {
    /// Names the kind and the length, never the bytes.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Bytes(bytes) => write!(out, "Bytes({})", bytes.as_ref().len()),
            Content::Generated(_) => out.write_str("Generated"),
            Content::NullDevice => out.write_str("NullDevice"),
            Content::RandomDevice => out.write_str("RandomDevice"),
        }
    }
}

/// A subtree that looks its names up by itself, such as a time-zone database. It owns its prefix: a name
/// it does not know does not exist.
pub trait VirtualFolder: Send + Sync {
    /// The file at `relative`, a normal path without a leading slash.
    fn file(&self, relative: &str) -> Option<FileBytes>;

    /// The names in the folder at `relative` (empty for the subtree's own root), in any order, or none
    /// when there is no such folder.
    fn list(&self, relative: &str) -> Option<Vec<(String, FileKind)>>;

    /// Whether there is a folder at `relative`. The default asks [`VirtualFolder::list`].
    fn is_folder(&self, relative: &str) -> bool {
        self.list(relative).is_some()
    }
}

/// Where random bytes come from: the host's system, or a fixed seed in a test.
pub trait RandomSource {
    /// Fills `bytes` whole.
    ///
    /// # Errors
    /// [`RandomFailed`] when the source cannot give them.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed>;
}

/// The source of random bytes failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RandomFailed;
