//! Folders as values: listed in order, replaced whole; knows no step.
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::source::unpack;

/// Every file and link below `folder`, sorted by path.
///
/// # Errors
/// When a folder cannot be listed.
pub fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("listing `{}`", folder.display()))? {
            let entry = entry.with_context(|| format!("listing `{}`", folder.display()))?;
            let kind =
                entry.file_type().with_context(|| format!("looking at `{}`", entry.path().display()))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Lets `make` fill a new folder and puts it in the place of `output` only when it succeeded.
///
/// # Errors
/// When `make` fails or a folder cannot be moved; `output` is then as before, or gone.
pub fn replace_folder(output: &Path, make: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let partial = output.with_extension("partial");
    remove(&partial)?;
    std::fs::create_dir_all(&partial).with_context(|| format!("creating `{}`", partial.display()))?;
    make(&partial)?;
    remove(output)?;
    std::fs::rename(&partial, output)
        .with_context(|| format!("moving `{}` to `{}`", partial.display(), output.display()))
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing `{}`", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Copies a tree: files are hard links where the file system allows it, links stay links.
///
/// # Errors
/// When something cannot be read or made.
pub(super) fn link_tree(from: &Path, to: &Path) -> anyhow::Result<()> {
    files_below(from)?
        .iter()
        .try_for_each(|file| link_file(file, &to.join(file.strip_prefix(from).unwrap_or(file))))
}

/// Copies one file as [`link_tree`] does; folders above it are made.
///
/// # Errors
/// When it cannot be read or made.
pub(super) fn link_file(from: &Path, to: &Path) -> anyhow::Result<()> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("creating `{}`", folder.display()))?;
    }
    let copied = if from.is_symlink() {
        std::fs::read_link(from).and_then(|link| std::os::unix::fs::symlink(link, to))
    } else {
        std::fs::hard_link(from, to).or_else(|_| std::fs::copy(from, to).map(|_| ()))
    };
    copied.with_context(|| format!("copying `{}` to `{}`", from.display(), to.display()))
}

/// Unpacks a `.crate` file into `folder`, without the top folder that names its version.
///
/// # Errors
/// When it cannot be unpacked or holds anything beside that folder.
pub fn unpack_crate(package: &Path, folder: &Path) -> anyhow::Result<()> {
    let whole = folder.join(".unpacking");
    unpack::crate_file(package, &whole)?;
    let entries: Vec<PathBuf> = std::fs::read_dir(&whole)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .with_context(|| format!("listing `{}`", whole.display()))?;
    let [top] = entries.as_slice() else {
        anyhow::bail!("`{}` holds {} entries instead of one folder", package.display(), entries.len());
    };
    for entry in std::fs::read_dir(top).with_context(|| format!("listing `{}`", top.display()))? {
        let entry = entry.with_context(|| format!("listing `{}`", top.display()))?;
        std::fs::rename(entry.path(), folder.join(entry.file_name()))
            .with_context(|| format!("moving `{}`", entry.path().display()))?;
    }
    remove(&whole)
}

/// Links every object of the cache at `cache` into `folder`, named by digest, as a folder of inputs.
///
/// # Errors
/// When something cannot be read or made.
pub fn link_objects(cache: &Path, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("creating `{}`", folder.display()))?;
    for file in files_below(&cache.join("objects"))? {
        if let Some(name) = file.file_name().filter(|name| name.len() == 64) {
            std::fs::hard_link(&file, folder.join(name))
                .with_context(|| format!("linking `{}`", file.display()))?;
        }
    }
    Ok(())
}

/// Gives a cache the built parts of another, and none of its inputs.
///
/// # Errors
/// When something cannot be read or made.
pub fn seed_built_cache(from: &Path, to: &Path) -> anyhow::Result<()> {
    let target = to.join("built");
    if target.exists() {
        return Ok(());
    }
    link_tree(&from.join("built"), &target)
}

/// Moves what a build left in one cache over to another, as it is.
///
/// # Errors
/// When something cannot be moved.
pub fn merge_cache(from: &Path, to: &Path) -> anyhow::Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    for file in files_below(from)? {
        let target = to.join(file.strip_prefix(from).unwrap_or(&file));
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("creating `{}`", folder.display()))?;
        }
        std::fs::rename(&file, &target).with_context(|| format!("moving `{}`", file.display()))?;
    }
    Ok(())
}
