//! Files as values: copied, linked, and written whole or not at all; knows nothing of what is in them.
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use anyhow::Context;
use tempfile::NamedTempFile;

use crate::tree;

/// Puts `bytes` in the place of the file at `path` in one step: a reader sees the old file or the new one, also after
/// a crash, and a file that shares its bytes through a hard link stays as it is. Folders above it are made.
///
/// # Errors
/// When the file cannot be written.
pub fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = folder_of(path);
    tree::create(folder)?;
    let failed = || format!("writing `{}`", path.display());
    let mut draft = NamedTempFile::new_in(folder).with_context(failed)?;
    draft.write_all(bytes).with_context(failed)?;
    persist(draft, path)
}

/// Gives a finished draft its name in one step, readable by everybody whatever the umask.
///
/// # Errors
/// When it cannot be brought to the disk or moved.
pub fn persist(draft: NamedTempFile, path: &Path) -> anyhow::Result<()> {
    let failed = || format!("writing `{}`", path.display());
    draft.as_file().set_permissions(Permissions::from_mode(0o644)).with_context(failed)?;
    draft.as_file().sync_all().with_context(failed)?;
    draft.persist(path).map_err(|refused| refused.error).with_context(failed)?;
    File::open(folder_of(path)).and_then(|folder| folder.sync_all()).with_context(failed)
}

/// Removes the file or link at `path`; one that is not there is no error.
///
/// # Errors
/// When it cannot be removed.
pub fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

/// Copies the bytes of a file, not its times or mode; a link is followed.
///
/// # Errors
/// When it cannot be read or written.
pub fn copy_bytes(from: &Path, to: &Path) -> anyhow::Result<()> {
    let bytes = fs::read(from).with_context(|| format!("reading `{}`", from.display()))?;
    fs::write(to, bytes).with_context(|| format!("writing `{}`", to.display()))
}

/// Makes `to` the same file as `from`: a hard link where the file system allows it, else a copy; a link stays a link.
/// Folders above it are made.
///
/// # Errors
/// When it cannot be read or made, or is there already.
pub fn link(from: &Path, to: &Path) -> anyhow::Result<()> {
    tree::create(folder_of(to))?;
    let linked = if from.is_symlink() {
        fs::read_link(from).and_then(|target| symlink(target, to))
    } else {
        match fs::hard_link(from, to) {
            // Never a copy onto what is there: it may be the very same file.
            Err(error) if error.kind() != ErrorKind::AlreadyExists => fs::copy(from, to).map(drop),
            linked => linked,
        }
    };
    linked.with_context(|| format!("copying `{}` to `{}`", from.display(), to.display()))
}

/// The folder a file lies in: `.` for a bare name.
fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_in_one_step_and_not_through_its_hard_link() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("new/file"), folder.path().join("other"));
        replace(&path, b"first").unwrap();
        link(&path, &other).unwrap();
        assert!(link(&path, &other).is_err());
        replace(&path, b"second").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "second");
        assert_eq!(fs::read_to_string(&other).unwrap(), "first");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(tree::entries(&folder.path().join("new")).unwrap(), [path]);
    }

    #[test]
    fn what_cannot_be_written_leaves_no_draft_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        tree::create(&path.join("inside")).unwrap();
        let error = replace(&path, b"bytes").unwrap_err();
        assert_eq!(error.to_string(), format!("writing `{}`", path.display()));
        assert_eq!(tree::entries(folder.path()).unwrap(), [path]);
    }

    #[test]
    fn removing_what_is_not_there_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        remove(&folder.path().join("absent")).unwrap();
        assert!(remove(folder.path()).unwrap_err().to_string().starts_with("removing `"));
    }
}
