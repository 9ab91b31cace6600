//! Caches and crates as folders of files: unpacked, linked, moved; knows no step.
use std::path::Path;

use anyhow::Context;

use crate::source::unpack;
use crate::{file, tree};

/// Unpacks a `.crate` file into `folder`, without the top folder that names its version.
///
/// # Errors
/// When it cannot be unpacked or holds anything beside that folder.
pub fn unpack_crate(package: &Path, folder: &Path) -> anyhow::Result<()> {
    let whole = folder.join(".unpacking");
    unpack::crate_file(package, &whole)?;
    let entries = tree::entries(&whole)?;
    let [top] = entries.as_slice() else {
        anyhow::bail!("`{}` holds {} entries instead of one folder", package.display(), entries.len());
    };
    for entry in tree::entries(top)? {
        std::fs::rename(&entry, folder.join(entry.file_name().unwrap_or_default()))
            .with_context(|| format!("moving `{}`", entry.display()))?;
    }
    tree::remove(&whole)
}

/// Links every object of a cache, whose folder is `objects`, into `folder`, named by digest, as a folder of inputs.
///
/// # Errors
/// When something cannot be read or made.
pub fn link_objects(objects: &Path, folder: &Path) -> anyhow::Result<()> {
    tree::create(folder)?;
    for path in tree::files(objects)? {
        if let Some(name) = path.file_name().filter(|name| name.len() == 64) {
            file::link(&path, &folder.join(name))?;
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
    tree::link(&from.join("built"), &target)
}

/// Moves what a build left in one cache over to another, as it is.
///
/// # Errors
/// When something cannot be moved.
pub fn merge_cache(from: &Path, to: &Path) -> anyhow::Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    for path in tree::files(from)? {
        let target = to.join(path.strip_prefix(from).unwrap_or(&path));
        if let Some(folder) = target.parent() {
            tree::create(folder)?;
        }
        std::fs::rename(&path, &target).with_context(|| format!("moving `{}`", path.display()))?;
    }
    Ok(())
}
