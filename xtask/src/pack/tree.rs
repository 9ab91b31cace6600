//! Reads a staged folder into a sorted list with digests; knows nothing of archives.
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::parallel::{in_parallel, per_core};

/// Something in the SDK, at a path relative to its top folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A folder.
    Folder,
    /// A symbolic link with its target as written.
    Link(String),
    /// A file.
    File(FileEntry),
}

/// A file with its digests in hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileEntry {
    /// Length in bytes.
    pub(super) size: u64,
    /// May its owner run it?
    pub(super) executable: bool,
    /// SHA-256.
    pub(super) sha256: String,
    /// SHA-1, which SPDX asks for.
    pub(super) sha1: String,
}

/// Everything below a folder, by path with `/`; a folder comes before what is in it.
pub(super) type Tree = BTreeMap<String, Entry>;

/// Digests of bytes that are in memory.
pub(super) fn digests(bytes: &[u8], executable: bool) -> FileEntry {
    FileEntry {
        size: bytes.len() as u64,
        executable,
        sha256: hex::encode(Sha256::digest(bytes)),
        sha1: hex::encode(Sha1::digest(bytes)),
    }
}

/// How many threads this room works with: more than eight would wait for the disk.
pub(super) fn threads() -> usize {
    per_core().min(8)
}

/// Reads everything below `root`.
///
/// # Errors
/// When something cannot be read, is neither folder, link nor file, has a name that is not UTF-8 or holds a control
/// character, or is a link that leads out of `root` or to nothing.
pub(super) fn read(root: &Path) -> anyhow::Result<Tree> {
    let mut tree = Tree::new();
    let mut files = Vec::new();
    walk(root, "", &mut tree, &mut files)?;
    // The longest first, so that the threads end together.
    files.sort_by_key(|(_, _, size)| std::cmp::Reverse(*size));
    for hashed in in_parallel(threads(), &files, |(relative, path, _)| hash(relative, path)) {
        tree.extend([hashed?]);
    }
    for (path, entry) in &tree {
        if let Entry::Link(target) = entry {
            check_link(path, target, |target| tree.contains_key(target))
                .with_context(|| format!("in `{}`", root.display()))?;
        }
    }
    Ok(tree)
}

fn walk(
    folder: &Path,
    prefix: &str,
    tree: &mut Tree,
    files: &mut Vec<(String, PathBuf, u64)>,
) -> anyhow::Result<()> {
    for path in crate::tree::entries(folder)? {
        let name = path.file_name().unwrap_or_default();
        let name = name.to_str().with_context(|| format!("the name of `{}` is not UTF-8", path.display()))?;
        anyhow::ensure!(
            !name.chars().any(char::is_control) && !name.contains('\\'),
            "the name of `{}` holds a control character or a backslash",
            path.display()
        );
        let relative = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") };
        let metadata =
            std::fs::symlink_metadata(&path).with_context(|| format!("looking at `{}`", path.display()))?;
        if metadata.is_dir() {
            tree.insert(relative.clone(), Entry::Folder);
            walk(&path, &relative, tree, files)?;
        } else if metadata.is_symlink() {
            let target =
                std::fs::read_link(&path).with_context(|| format!("reading `{}`", path.display()))?;
            let target = target
                .to_str()
                .with_context(|| format!("the target of `{}` is not UTF-8", path.display()))?;
            tree.insert(relative, Entry::Link(target.to_owned()));
        } else if metadata.is_file() {
            files.push((relative, path, metadata.len()));
        } else {
            anyhow::bail!("`{}` is neither a folder, a link nor a file", path.display());
        }
    }
    Ok(())
}

fn hash(relative: &str, path: &Path) -> anyhow::Result<(String, Entry)> {
    let bytes = std::fs::read(path).with_context(|| format!("reading `{}`", path.display()))?;
    let metadata = std::fs::metadata(path).with_context(|| format!("looking at `{}`", path.display()))?;
    let executable = metadata.permissions().mode() & 0o100 != 0;
    Ok((relative.to_owned(), Entry::File(digests(&bytes, executable))))
}

/// Checks that the link at `path` stays inside and leads to something for which `exists` is true.
///
/// A `..` may only stand at the start of a target: after another link it would not mean what it says.
///
/// # Errors
/// A sentence that names link and target.
pub(super) fn check_link(path: &str, target: &str, exists: impl Fn(&str) -> bool) -> anyhow::Result<()> {
    anyhow::ensure!(
        !target.starts_with('/') && !target.is_empty(),
        "the link `{path}` leads to the absolute path `{target}`"
    );
    let mut folder: Vec<&str> = path.split('/').collect();
    folder.pop();
    let mut down = false;
    for part in target.split('/') {
        match part {
            ".." => anyhow::ensure!(
                !down && folder.pop().is_some(),
                "the link `{path}` leads out of the SDK: `{target}`"
            ),
            "" | "." => anyhow::bail!("the link `{path}` is not in its simplest form: `{target}`"),
            name => {
                down = true;
                folder.push(name);
            }
        }
    }
    let reached = folder.join("/");
    anyhow::ensure!(exists(&reached), "the link `{path}` leads to nothing: `{target}`");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_lead_out_or_nowhere_are_refused() {
        let exists = |path: &str| path == "lib/a" || path == "bin/clang";
        assert!(check_link("bin/clang++", "clang", exists).is_ok());
        assert!(check_link("bin/a", "../lib/a", exists).is_ok());
        for target in ["/lib/a", "../../lib/a", "x/../clang", "gone", "./clang", "clang/", ""] {
            assert!(check_link("bin/b", target, exists).is_err(), "{target}");
        }
    }

    #[test]
    fn a_fifo_or_a_name_with_a_line_break_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a\nb"), "").unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("control character"));
    }
}
