//! The user that servers run as: nobody when the tests run as root, else oneself. Knows no server.
//!
//! PostgreSQL and PgBouncer refuse to run as root. `setpriv` changes the user, and asks the kernel to kill the server
//! when the thread that started it ends (`prctl(2)`, `PR_SET_PDEATHSIG`).
use std::ffi::OsString;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

/// Ids of `nobody` where the system does not list it.
const NOBODY: (u32, u32) = (65534, 65534);

/// Who a server runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// The user who runs the tests.
    Oneself,
    /// User and group id of somebody without rights, because the tests run as root.
    Nobody(u32, u32),
}

impl Account {
    pub(crate) fn current() -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self::Oneself;
        }
        let list = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let line = list.lines().find(|line| line.starts_with("nobody:")).unwrap_or_default();
        let mut ids = line.split(':').skip(2).map(str::parse::<u32>);
        match (ids.next(), ids.next()) {
            (Some(Ok(user)), Some(Ok(group))) => Self::Nobody(user, group),
            _ => Self::Nobody(NOBODY.0, NOBODY.1),
        }
    }

    /// What to put before a program, so that it runs as this user and dies with the thread that starts it.
    ///
    /// # Errors
    /// When `setpriv` is needed and missing.
    pub(crate) fn prefix(self) -> anyhow::Result<Vec<OsString>> {
        let found = find_on_path("setpriv");
        let mut prefix: Vec<OsString> = Vec::new();
        match (self, found) {
            // Servers are killed on drop all the same, only not when the tests themselves are killed.
            (Self::Oneself, None) => return Ok(prefix),
            (Self::Oneself, Some(setpriv)) => prefix.push(setpriv.into()),
            (Self::Nobody(..), None) => bail!(
                "the program `setpriv` is not installed, needed to start servers as `nobody`: run as another user than root, or install the package `util-linux`"
            ),
            (Self::Nobody(user, group), Some(setpriv)) => {
                prefix.push(setpriv.into());
                prefix.push(format!("--reuid={user}").into());
                prefix.push(format!("--regid={group}").into());
                prefix.push("--clear-groups".into());
            }
        }
        prefix.extend(["--pdeathsig", "KILL", "--"].map(OsString::from));
        Ok(prefix)
    }

    /// Makes sure that this user can reach a folder of packages or for data, which `variable` chose.
    ///
    /// # Errors
    /// When a folder above it is closed to others.
    pub(crate) fn reaches(self, folder: &Path, variable: &str) -> anyhow::Result<()> {
        let closed = folder.ancestors().find(|above| {
            above.metadata().is_ok_and(|found| found.is_dir() && found.permissions().mode() & 0o001 == 0)
        });
        match (self, closed) {
            (Self::Nobody(..), Some(closed)) => bail!(
                "servers of root run as `nobody`, who cannot reach `{}`: `{}` is closed to others; set `{variable}` to a folder that is not",
                folder.display(),
                closed.display()
            ),
            _ => Ok(()),
        }
    }

    /// Gives a file or folder, and all in it, to this user.
    pub(crate) fn own(self, path: &Path) -> anyhow::Result<()> {
        let Self::Nobody(user, group) = self else { return Ok(()) };
        let owned = path.symlink_metadata().with_context(|| format!("reading `{}`", path.display()))?;
        if (owned.uid(), owned.gid()) != (user, group) && !owned.is_symlink() {
            chown(path, Some(user), Some(group))
                .with_context(|| format!("giving `{}` to `nobody`", path.display()))?;
        }
        if owned.is_dir() {
            for entry in std::fs::read_dir(path).with_context(|| format!("listing `{}`", path.display()))? {
                self.own(&entry.with_context(|| format!("listing `{}`", path.display()))?.path())?;
            }
        }
        Ok(())
    }
}

fn find_on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_nobody_reaches_is_named_with_what_chose_it() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let error = Account::Nobody(NOBODY.0, NOBODY.1).reaches(&inside, "TMPDIR").unwrap_err().to_string();
        let closed = format!("`{}` is closed to others", folder.path().display());
        assert!(error.contains(&closed) && error.contains("set `TMPDIR`"), "{error}");
        Account::Oneself.reaches(&inside, "TMPDIR").unwrap();
    }
}
