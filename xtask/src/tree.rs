//! Folders as values: listed in order, copied, linked, emptied and replaced whole; knows no step.
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::file;

/// What lies directly in `folder`, sorted by path.
///
/// # Errors
/// When the folder cannot be listed.
pub fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)
        .and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
        })
        .with_context(|| format!("listing `{}`", folder.display()))?;
    entries.sort();
    Ok(entries)
}

/// Every file and link below `folder`, sorted by path; links are not followed.
///
/// # Errors
/// When a folder cannot be listed.
pub fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            let metadata =
                path.symlink_metadata().with_context(|| format!("looking at `{}`", path.display()))?;
            let list = if metadata.is_dir() { &mut folders } else { &mut files };
            list.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Makes `folder` and the folders above it exist.
///
/// # Errors
/// When one cannot be made.
pub fn create(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("creating `{}`", folder.display()))
}

/// Removes `folder` and all that is in it; one that is not there is no error.
///
/// # Errors
/// When something in it cannot be removed.
pub fn remove(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing `{}`", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Makes `folder` exist and be empty.
///
/// # Errors
/// When something in the way cannot be removed.
pub fn empty(folder: &Path) -> anyhow::Result<()> {
    remove(folder)?;
    create(folder)
}

/// Copies the bytes of every file below `from`, not times or modes: the copy does not depend on how the original came
/// to be. Links are followed, so that the copy stands alone. Files of the same name are written over.
///
/// # Errors
/// When something cannot be read or written.
pub fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    create(to)?;
    for path in entries(from)? {
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            file::copy_bytes(&path, &target)?;
        }
    }
    Ok(())
}

/// Copies a folder without its bytes: files are hard links where the file system allows it, links stay links, empty
/// folders are left out.
///
/// # Errors
/// When something cannot be read or made, or is there already.
pub fn link(from: &Path, to: &Path) -> anyhow::Result<()> {
    files(from)?
        .iter()
        .try_for_each(|path| file::link(path, &to.join(path.strip_prefix(from).unwrap_or(path))))
}

/// Lets `make` fill a new folder beside `output` and puts it in that place only when it succeeded.
///
/// # Errors
/// When `make` fails or a folder cannot be moved; `output` is then as before, or gone.
pub fn replace(output: &Path, make: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut partial = output.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    empty(&partial)?;
    make(&partial)?;
    remove(output)?;
    fs::rename(&partial, output)
        .with_context(|| format!("moving `{}` to `{}`", partial.display(), output.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, symlink};

    use super::*;

    /// `from` with the file `b/deep`, the file `a` and the link `link` to `a`.
    fn sample() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        create(&from.join("b")).unwrap();
        fs::write(from.join("b/deep"), "deep").unwrap();
        fs::write(from.join("a"), "a").unwrap();
        symlink("a", from.join("link")).unwrap();
        (folder, from, to)
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = files(folder).unwrap().into_iter();
        names.map(|path| path.strip_prefix(folder).unwrap().display().to_string()).collect()
    }

    #[test]
    fn a_listing_is_sorted_and_names_what_is_missing() {
        let (_folder, from, to) = sample();
        assert_eq!(names(&from), ["a", "b/deep", "link"]);
        assert_eq!(entries(&from).unwrap(), [from.join("a"), from.join("b"), from.join("link")]);
        let error = files(&to).unwrap_err();
        assert_eq!(error.to_string(), format!("listing `{}`", to.display()));
    }

    #[test]
    fn a_copy_stands_alone_and_a_linked_tree_shares_its_files() {
        let (_folder, from, to) = sample();
        copy(&from, &to).unwrap();
        assert_eq!(names(&to), names(&from));
        assert!(!to.join("link").is_symlink());
        assert_eq!(fs::read_to_string(to.join("link")).unwrap(), "a");
        let inode = |path: PathBuf| fs::metadata(path).unwrap().ino();
        assert_ne!(inode(to.join("a")), inode(from.join("a")));
        empty(&to).unwrap();
        link(&from, &to).unwrap();
        assert_eq!(names(&to), names(&from));
        assert_eq!(fs::read_link(to.join("link")).unwrap(), Path::new("a"));
        assert_eq!(inode(to.join("b/deep")), inode(from.join("b/deep")));
    }

    #[test]
    fn a_folder_is_replaced_whole_or_not_at_all() {
        let (_folder, from, to) = sample();
        let failed = replace(&from, |folder| {
            fs::write(folder.join("half"), "")?;
            anyhow::bail!("no")
        });
        assert_eq!(failed.unwrap_err().to_string(), "no");
        assert_eq!(names(&from), ["a", "b/deep", "link"]);
        for _ in 0..2 {
            replace(&from, |folder| file::copy_bytes(&from.join("a"), &folder.join("a"))).unwrap();
            assert_eq!(names(&from), ["a"]);
        }
        let version = to.with_file_name("llvm-22.1");
        replace(&version, |folder| Ok(fs::write(folder.join("only"), "")?)).unwrap();
        assert_eq!(names(&version), ["only"]);
        assert_eq!(entries(version.parent().unwrap()).unwrap(), [from, version]);
    }
}
