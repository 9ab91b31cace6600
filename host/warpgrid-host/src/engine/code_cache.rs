//! The folder of compiled code: who may own it, and what is done when it cannot be used; compiles nothing.
//!
//! What is in it is machine code that the host runs. An entry's name is a digest of the engine's settings,
//! its version and the guest's bytes, so nothing in it is ever out of date.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use wasmtime::{Cache, CacheConfig};

/// The folder is not used.
#[derive(Debug, thiserror::Error)]
pub enum CodeCacheError {
    /// It is not there and cannot be made, or cannot be looked at.
    #[error("cannot make or read the folder `{}`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is no folder, belongs to another user, or others may write into it.
    #[error("`{}` {reason}; code from it would be run: give it to this user alone, with mode 0700", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The engine cannot use it.
    #[error("the folder `{}` cannot be used", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What the engine said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Opens the folder, making it if needed.
pub(super) fn open(path: &Path) -> Result<Cache, CodeCacheError> {
    let folder = |source| CodeCacheError::Folder { path: path.to_owned(), source };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(folder)?;
    let not_ours = |reason| Err(CodeCacheError::NotOurs { path: path.to_owned(), reason });
    let found = fs::symlink_metadata(path).map_err(folder)?;
    if !found.is_dir() {
        return not_ours("is not a folder");
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return not_ours("belongs to another user");
    }
    if found.mode() & 0o022 != 0 {
        return not_ours("can be written by others");
    }
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)
        .map_err(|error| folder(error.into()))?;
    let mut config = CacheConfig::new();
    config.with_directory(path);
    Cache::new(config)
        .map_err(|error| CodeCacheError::Unusable { path: path.to_owned(), source: error.into() })
}
