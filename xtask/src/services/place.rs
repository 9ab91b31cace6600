//! Where unpacked servers lie, so that whoever servers run as can read them; knows not what they are.
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::{file, tree};

/// Where root keeps what programs can make anew (Filesystem Hierarchy Standard, 5.5).
const OF_ROOT: &str = "/var/cache/warpgrid/services";

/// One of the two places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In the cache: built parts are linked to.
    Cache(PathBuf),
    /// Outside: built parts are taken over file by file, as hard links where the file system allows it.
    Outside(PathBuf),
}

impl Place {
    /// The place for this user and this cache.
    pub(super) fn for_servers(cache: &Path) -> Self {
        if rustix::process::geteuid().is_root() && !everybody_reaches(cache) {
            Self::Outside(PathBuf::from(OF_ROOT))
        } else {
            Self::Cache(cache.join("services"))
        }
    }

    pub(super) fn folder(&self) -> &Path {
        match self {
            Self::Cache(folder) | Self::Outside(folder) => folder,
        }
    }

    /// Makes what is built at `tree` be at `path`, whatever was there before.
    pub(super) fn put(&self, tree: &Path, path: &Path) -> anyhow::Result<()> {
        match self {
            Self::Cache(_) => {
                if std::fs::read_link(path).is_ok_and(|present| present == tree) {
                    return Ok(());
                }
                self.remove(path)?;
                symlink(tree, path).with_context(|| format!("linking `{}`", path.display()))
            }
            Self::Outside(_) => {
                let origin = path.with_extension("origin");
                let name = tree.as_os_str().as_encoded_bytes();
                if path.is_dir() && std::fs::read(&origin).is_ok_and(|present| present == name) {
                    return Ok(());
                }
                file::remove(&origin)?;
                tree::replace(path, |folder| {
                    tree::remove(folder)?;
                    tree::link(tree, folder)
                })?;
                file::replace(&origin, name)
            }
        }
    }

    /// Removes what [`Place::put`] put there.
    pub(super) fn remove(&self, path: &Path) -> anyhow::Result<()> {
        match self {
            Self::Cache(_) => file::remove(path),
            Self::Outside(_) => {
                file::remove(&path.with_extension("origin"))?;
                tree::remove(path)
            }
        }
    }
}

/// The folder outside the cache, for whoever cleans up.
#[must_use]
pub fn folder_outside_cache() -> &'static Path {
    Path::new(OF_ROOT)
}

/// Whether every folder on the way lets others through.
fn everybody_reaches(path: &Path) -> bool {
    path.ancestors()
        .all(|folder| folder.metadata().is_ok_and(|found| found.permissions().mode() & 0o001 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_before_is_replaced_in_both_places() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("one", "1"), ("two", "2")] {
            tree::create(&folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("file"), text).unwrap();
        }
        for place in
            [Place::Cache(folder.path().join("inside")), Place::Outside(folder.path().join("outside"))]
        {
            tree::create(place.folder()).unwrap();
            let path = place.folder().join("packages");
            for (name, text) in [("one", "1"), ("one", "1"), ("two", "2")] {
                place.put(&folder.path().join(name), &path).unwrap();
                assert_eq!(std::fs::read_to_string(path.join("file")).unwrap(), text, "{place:?}");
            }
            place.remove(&path).unwrap();
            assert!(!path.exists());
        }
        assert!(folder.path().join("two/file").is_file());
    }

    #[test]
    fn a_closed_folder_on_the_way_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("inside");
        tree::create(&inside).unwrap();
        assert!(everybody_reaches(Path::new("/")));
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!everybody_reaches(&inside));
    }
}
