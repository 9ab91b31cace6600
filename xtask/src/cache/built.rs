//! Parts built from inputs, by a key over those inputs: made once, checked file by file before use.
//! Knows not how they are built.
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};

use super::objects::Cache;
use crate::digest::{sha256_hex, sha256_of_file};
use crate::tree;

/// Name of a built part: what it is, and everything that its bytes depend on.
#[derive(Debug, Clone)]
pub struct Key {
    what: String,
    hasher: Sha256,
}

impl Key {
    /// A key for a part of that name. Add everything that decides its bytes.
    #[must_use]
    pub fn new(what: &str) -> Self {
        Self { what: what.to_owned(), hasher: Sha256::new() }.with("part", what)
    }

    /// The same key with one more input, for instance a digest or a compiler's version.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        for text in [name, value] {
            self.hasher.update((text.len() as u64).to_le_bytes());
            self.hasher.update(text.as_bytes());
        }
        self
    }

    /// The key as 64 hex digits.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(self.hasher.clone().finalize())
    }
}

/// The folder of the part built under `key`, or `None` when it has to be built: never built, or no longer as it was
/// built (then it is moved aside). Checked once per process.
///
/// # Errors
/// When the cache cannot be read.
pub fn lookup(cache: &Cache, key: &Key) -> anyhow::Result<Option<PathBuf>> {
    let hex = key.hex();
    let folder = folder(cache, &hex);
    let tree = folder.join("tree");
    if cache.is_verified(&hex) && tree.is_dir() {
        return Ok(Some(tree));
    }
    let Ok(recorded) = fs::read_to_string(folder.join("digests")) else { return Ok(None) };
    if tree.is_dir() && digests(&tree)? == recorded {
        cache.mark_verified(&hex);
        return Ok(Some(tree));
    }
    cache.set_aside(&folder, &hex)?;
    Ok(None)
}

/// Whether a part lies under `key`; says nothing of its bytes.
#[must_use]
pub fn is_there(cache: &Cache, key: &Key) -> bool {
    folder(cache, &key.hex()).join("tree").is_dir()
}

/// The folder of the part under `key`; builds it into a new folder when it is not there. Of several processes one
/// builds and the others wait for it. What a failing or killed build leaves behind is never used.
///
/// # Errors
/// The error of `build`, or when the cache cannot be written.
pub fn publish(
    cache: &Cache,
    key: &Key,
    build: impl FnOnce(&Path) -> anyhow::Result<()>,
) -> anyhow::Result<PathBuf> {
    if let Some(tree) = lookup(cache, key)? {
        return Ok(tree);
    }
    let hex = key.hex();
    let _lock = cache.lock(&format!("built {hex}"))?;
    if let Some(tree) = lookup(cache, key)? {
        return Ok(tree);
    }
    let temp = cache.temp_dir()?;
    let made = temp.path().join("part");
    let tree = made.join("tree");
    tree::create(&tree)?;
    build(&tree).with_context(|| format!("building `{}`", key.what))?;
    let list = made.join("digests");
    fs::write(&list, digests(&tree)?).with_context(|| format!("writing `{}`", list.display()))?;
    let folder = folder(cache, &hex);
    let shelf = folder.parent().context("a built part lies on a shelf")?;
    tree::create(shelf)?;
    if folder.exists() {
        cache.set_aside(&folder, &hex)?;
    }
    fs::rename(&made, &folder)
        .with_context(|| format!("moving `{}` to `{}`", made.display(), folder.display()))?;
    cache.mark_verified(&hex);
    Ok(folder.join("tree"))
}

fn folder(cache: &Cache, hex: &str) -> PathBuf {
    cache.root().join("built").join(&hex[..2]).join(hex)
}

/// One line for each file, link and folder below `root`, sorted: kind, mode bits that matter, digest or target, path.
fn digests(root: &Path) -> anyhow::Result<String> {
    let mut paths = Vec::new();
    collect(root, &mut paths)?;
    paths.sort();
    let mut out = String::new();
    for path in paths {
        let name = path.strip_prefix(root).unwrap_or(&path);
        let name = name.to_str().with_context(|| format!("`{}` is not valid UTF-8", path.display()))?;
        if name.contains('\n') {
            bail!("`{}` has a line break in its name", path.display());
        }
        let metadata =
            fs::symlink_metadata(&path).with_context(|| format!("reading `{}`", path.display()))?;
        // Writing to a string cannot fail.
        let _ = if metadata.is_symlink() {
            let target =
                fs::read_link(&path).with_context(|| format!("reading the link `{}`", path.display()))?;
            let target = sha256_hex(target.as_os_str().as_encoded_bytes());
            writeln!(out, "link {target} {name}")
        } else if metadata.is_dir() {
            writeln!(out, "folder {name}")
        } else {
            let executable = if metadata.permissions().mode() & 0o100 == 0 { "file" } else { "program" };
            writeln!(out, "{executable} {} {name}", sha256_of_file(&path)?)
        };
    }
    Ok(out)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for path in tree::entries(folder)? {
        paths.push(path.clone());
        if path.is_dir() && !path.is_symlink() {
            collect(&path, paths)?;
        }
    }
    Ok(())
}
