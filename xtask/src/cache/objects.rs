//! Inputs by SHA-256: verified when they arrive and again before they are used; knows not where they come from.
use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;

use super::lock::Lock;
use super::temp::{self, TempDir};
use crate::digest::{sha256_hex, sha256_of_file};
use crate::hint::Hint;
use crate::tree;

/// The store. Cheap to clone; clones share what has been verified in this process.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
    verified: Arc<Mutex<HashSet<String>>>,
}

/// Bytes that are not the pinned ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{origin} answered with other bytes for `{file}` of input `{input}`: sha256 is {found}, pinned is {expected}"
)]
pub struct WrongBytes {
    /// Input in the manifest.
    pub input: String,
    /// Name of the artifact.
    pub file: String,
    /// Who gave the bytes.
    pub origin: String,
    /// Pinned SHA-256.
    pub expected: String,
    /// SHA-256 of what came.
    pub found: String,
}

/// The bytes that are wanted, and what to call them in an error.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Input in the manifest.
    pub input: &'a str,
    /// Name of the artifact.
    pub file: &'a str,
    /// Pinned SHA-256, 64 lower-case hex digits.
    pub sha256: &'a str,
}

impl Expected<'_> {
    fn wrong(&self, origin: &str, found: String) -> WrongBytes {
        WrongBytes {
            input: self.input.to_owned(),
            file: self.file.to_owned(),
            origin: origin.to_owned(),
            expected: self.sha256.to_owned(),
            found,
        }
    }
}

impl Cache {
    /// Opens the store, makes its folders, and removes what dead processes left in `tmp/`.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        let root =
            std::path::absolute(root).with_context(|| format!("making `{}` absolute", root.display()))?;
        for folder in ["objects/sha256", "built", "partial", "aside", "git", "locks", "tmp"] {
            let path = root.join(folder);
            fs::create_dir_all(&path)
                .with_context(|| format!("creating the cache folder `{}`", path.display()))?;
        }
        temp::remove_stale(&root.join("tmp"))?;
        Ok(Self { root, verified: Arc::default() })
    }

    /// The store's folder, absolute.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a cut download of that digest is kept until the next attempt.
    #[must_use]
    pub fn partial_path(&self, sha256: &str) -> PathBuf {
        self.root.join("partial").join(sha256)
    }

    /// Where the object of that digest lies, or would lie.
    #[must_use]
    pub fn object_path(&self, sha256: &str) -> PathBuf {
        let shelf = sha256.get(..2).unwrap_or("xx");
        self.root.join("objects/sha256").join(shelf).join(sha256)
    }

    /// A folder for work in progress in the same file system, removed on drop.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn temp_dir(&self) -> anyhow::Result<TempDir> {
        TempDir::new_in(&self.root.join("tmp"))
    }

    /// Waits for the lock of that name, which excludes every process that uses this cache.
    ///
    /// # Errors
    /// When the lock file cannot be used.
    pub fn lock(&self, name: &str) -> anyhow::Result<Lock> {
        Lock::exclusive(&self.root.join("locks").join(sha256_hex(name.as_bytes())))
    }

    /// The object of that digest, or `None` when it is not here. Its bytes are verified once per process.
    ///
    /// # Errors
    /// When the object is corrupted: it is named with both digests and moved aside, so that the next run fetches it.
    pub fn get(&self, expected: Expected<'_>) -> anyhow::Result<Option<PathBuf>> {
        let sha256 = expected.sha256;
        let path = self.object_path(sha256);
        if !path.is_file() {
            return Ok(None);
        }
        if self.is_verified(sha256) {
            return Ok(Some(path));
        }
        let found = match sha256_of_file(&path) {
            Ok(found) => found,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        if found == sha256 {
            self.mark_verified(sha256);
            return Ok(Some(path));
        }
        let aside = self.set_aside(&path, sha256)?;
        let wrong = expected.wrong("the cache", found);
        let hint = format!(
            "the corrupted file is now `{}`; run the command again to fetch it anew",
            aside.display()
        );
        Err(Hint::new(wrong.to_string(), hint).into())
    }

    /// Takes a file of this cache's file system (a [`TempDir`], a partial download) into the store, when its bytes are the expected ones.
    ///
    /// # Errors
    /// [`WrongBytes`] when they are not (the store is unchanged); otherwise when it cannot be moved.
    pub fn adopt(&self, expected: Expected<'_>, origin: &str, file: &Path) -> anyhow::Result<PathBuf> {
        let sha256 = expected.sha256;
        let found = sha256_of_file(file)?;
        if found != sha256 {
            return Err(expected.wrong(origin, found).into());
        }
        fs::set_permissions(file, Permissions::from_mode(0o444))
            .with_context(|| format!("setting the mode of `{}`", file.display()))?;
        let opened = File::open(file).with_context(|| format!("opening `{}`", file.display()))?;
        opened.sync_all().with_context(|| format!("writing `{}` to disk", file.display()))?;
        let path = self.object_path(sha256);
        let shelf = path.parent().context("an object lies on a shelf")?;
        tree::create(shelf)?;
        fs::rename(file, &path)
            .with_context(|| format!("moving `{}` to `{}`", file.display(), path.display()))?;
        File::open(shelf)
            .and_then(|shelf| shelf.sync_all())
            .with_context(|| format!("writing `{}` to disk", shelf.display()))?;
        self.mark_verified(sha256);
        Ok(path)
    }

    /// Copies a file from anywhere into the store, when its bytes are the expected ones.
    ///
    /// # Errors
    /// As [`Cache::adopt`].
    pub fn copy_in(&self, expected: Expected<'_>, origin: &str, file: &Path) -> anyhow::Result<PathBuf> {
        let temp = self.temp_dir()?;
        let copy = temp.path().join("object");
        fs::copy(file, &copy)
            .with_context(|| format!("copying `{}` to `{}`", file.display(), copy.display()))?;
        self.adopt(expected, origin, &copy)
    }

    /// Moves something out of the way; the last one of that name is kept for inspection.
    pub(super) fn set_aside(&self, path: &Path, name: &str) -> anyhow::Result<PathBuf> {
        let aside = self.root.join("aside").join(name);
        if aside.is_dir() {
            fs::remove_dir_all(&aside).with_context(|| format!("removing `{}`", aside.display()))?;
        }
        match fs::rename(path, &aside) {
            Ok(()) => Ok(aside),
            // Another process was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(aside),
            Err(error) => {
                Err(error).with_context(|| format!("moving `{}` to `{}`", path.display(), aside.display()))
            }
        }
    }

    pub(super) fn is_verified(&self, name: &str) -> bool {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
    }

    pub(super) fn mark_verified(&self, name: &str) {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
    }
}

fn is_absent(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::NotFound)
}
