//! Locks between processes and threads, released by the system when their holder dies; knows not what they guard.
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use anyhow::Context;

/// A held lock; dropping it, or dying, releases it.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the exclusive lock on `path`, which is created when absent and never removed.
    pub(super) fn exclusive(path: &Path) -> anyhow::Result<Self> {
        let file = open(path)?;
        file.lock().with_context(|| format!("locking `{}`", path.display()))?;
        Ok(Self { _file: file })
    }

    /// Waits for a shared lock on `path`.
    pub(super) fn shared(path: &Path) -> anyhow::Result<Self> {
        let file = open(path)?;
        file.lock_shared().with_context(|| format!("locking `{}`", path.display()))?;
        Ok(Self { _file: file })
    }

    /// The exclusive lock on `path`, or `None` when somebody else holds one.
    ///
    /// # Errors
    /// When the file cannot be made or locked.
    pub fn try_exclusive(path: &Path) -> anyhow::Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("locking `{}`", path.display()))
            }
        }
    }
}

fn open(path: &Path) -> anyhow::Result<File> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(path)
        .with_context(|| format!("opening the lock `{}`", path.display()))
}
