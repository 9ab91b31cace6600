//! Why a call on a virtual path failed; knows no errno and no WIT.

use crate::path::PathError;
use core::fmt;

/// Why a call on a virtual path failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FsError {
    /// The path does not belong to the map: the ordinary file system answers.
    NotVirtual,
    /// The path lies in a folder that the map owns, and there is nothing of that name.
    NoEntry,
    /// The call needs a file and the path is a folder.
    IsDirectory,
    /// The call needs a folder and the path, or a parent of it, is a file.
    NotDirectory,
    /// The file cannot be written.
    ReadOnly,
    /// The text is not a path.
    InvalidPath(PathError),
    /// The content is larger than one call carries.
    TooLarge {
        /// Length of the content in bytes.
        size: u64,
        /// The most that one call carries, in bytes.
        limit: usize,
    },
    /// The source of random bytes failed.
    Io,
    /// The guest holds as many open files as it may.
    LimitReached {
        /// That many.
        limit: usize,
    },
}

impl fmt::Display for FsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FsError::NotVirtual => out.write_str("the path is not virtual"),
            FsError::NoEntry => out.write_str("no such virtual file or folder"),
            FsError::IsDirectory => out.write_str("the virtual path is a folder"),
            FsError::NotDirectory => out.write_str("a part of the virtual path is not a folder"),
            FsError::ReadOnly => out.write_str("the virtual file is read-only"),
            FsError::InvalidPath(error) => write!(out, "{error}"),
            FsError::TooLarge { size, limit } => {
                write!(out, "the virtual file has {size} bytes, and one call carries at most {limit}")
            }
            FsError::Io => out.write_str("the host could not produce the content"),
            FsError::LimitReached { limit } => write!(out, "more than {limit} virtual files are open"),
        }
    }
}

impl core::error::Error for FsError {}

impl From<PathError> for FsError {
    fn from(error: PathError) -> Self {
        FsError::InvalidPath(error)
    }
}
