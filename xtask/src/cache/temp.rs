//! Folders for work in progress; a folder whose process died is removed by the next one. Knows not what is made there.
//!
//! Each folder `tmp/<name>` has a file `tmp/<name>.lock` that its process keeps locked. Making the pair happens under
//! a shared lock on `tmp/.gate`, cleaning under the exclusive one, so that a cleaner never meets a half-made pair.
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::lock::Lock;

/// A folder in the cache's file system, removed on drop.
#[derive(Debug)]
pub struct TempDir {
    path: PathBuf,
    lock_path: PathBuf,
    _lock: Lock,
}

impl TempDir {
    pub(super) fn new_in(root: &Path) -> anyhow::Result<Self> {
        let _gate = Lock::shared(&root.join(".gate"))?;
        let named = tempfile::Builder::new()
            .prefix("work-")
            .tempdir_in(root)
            .with_context(|| format!("creating a folder in `{}`", root.display()))?;
        let path = named.keep();
        let lock_path = path.with_extension("lock");
        let lock = Lock::exclusive(&lock_path)?;
        Ok(Self { path, lock_path, _lock: lock })
    }

    /// Where the folder is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // Whatever cannot be removed here is removed as stale by a later process.
        let _ = fs::remove_dir_all(&self.path);
        let _ = fs::remove_file(&self.lock_path);
    }
}

/// Removes the folders of processes that died. Does nothing while another process is making one.
pub(super) fn remove_stale(root: &Path) -> anyhow::Result<()> {
    let Some(_gate) = Lock::try_exclusive(&root.join(".gate"))? else { return Ok(()) };
    let entries = fs::read_dir(root).with_context(|| format!("listing `{}`", root.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("listing `{}`", root.display()))?.path();
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        if !name.starts_with("work-") || path.extension() == Some(OsStr::new("lock")) {
            continue;
        }
        let lock_path = path.with_extension("lock");
        if let Some(_lock) = Lock::try_exclusive(&lock_path)? {
            // A stale folder that cannot be removed costs space, not correctness.
            let _ = fs::remove_dir_all(&path);
            let _ = fs::remove_file(&lock_path);
        }
    }
    remove_orphaned_locks(root)
}

/// Lock files whose folder is gone: left by a process that died between the two removals.
fn remove_orphaned_locks(root: &Path) -> anyhow::Result<()> {
    let entries = fs::read_dir(root).with_context(|| format!("listing `{}`", root.display()))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let orphaned = path.extension() == Some(OsStr::new("lock")) && !path.with_extension("").exists();
        if orphaned && Lock::try_exclusive(&path)?.is_some() {
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}
