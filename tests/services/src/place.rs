//! The folders of one server, gone when it is. Knows not what is in them.
//!
//! They lie in memory where there is room, since making a thousand small files takes seconds on some disks. Each has a
//! file `lock` that its process keeps locked: what a killed process left is removed by the next one.
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Once;

use anyhow::Context;

use crate::account::Account;
use crate::services::{FOLDER_VARIABLE, Services};

/// The longest path of a Unix socket (`unix(7)`), with its closing zero.
const LONGEST_SOCKET_PATH: usize = 108;

/// Files in memory, on any Linux.
const MEMORY: &str = "/dev/shm";
/// Room that must be left there: enough for a dozen servers.
const ROOM: u64 = 1 << 30;
/// Beginning of the folders' names.
const PREFIX: &str = "warpgrid-db-";

/// Where one server keeps its things, and who it runs as.
#[derive(Debug)]
pub(crate) struct Place {
    folder: tempfile::TempDir,
    _lock: File,
    pub(crate) services: Services,
    pub(crate) account: Account,
}

impl Place {
    /// A folder of its own with `socket/` and `tls/`.
    pub(crate) fn new(services: &Services, account: Account) -> anyhow::Result<Self> {
        account.reaches(services.folder(), FOLDER_VARIABLE)?;
        let base = base();
        account.reaches(&base, "TMPDIR")?;
        static SWEPT: Once = Once::new();
        SWEPT.call_once(|| remove_stale(&base));
        let folder = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(&base)
            .with_context(|| format!("making a folder for a server in `{}`", base.display()))?;
        let lock = locked(folder.path())?;
        let place = Self { folder, _lock: lock, services: services.clone(), account };
        for part in ["socket", "tls"] {
            let path = place.path(part);
            std::fs::create_dir(&path).with_context(|| format!("creating `{}`", path.display()))?;
        }
        let longest = place.path("socket/.s.PGSQL.65535.lock").as_os_str().len();
        anyhow::ensure!(
            longest < LONGEST_SOCKET_PATH,
            "the folder `{}` for temporary files is too long for Unix sockets: set `TMPDIR` to a shorter one",
            base.display()
        );
        Ok(place)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path("log")
    }

    /// Writes a file that only the server's user may read.
    pub(crate) fn write(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let path = self.path(name);
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("writing `{}`", path.display()))?;
        file.write_all(text.as_bytes()).with_context(|| format!("writing `{}`", path.display()))?;
        self.account.own(&path)?;
        Ok(path)
    }
}

/// The folder for folders: what `$TMPDIR` says, else memory with room, else the system's.
fn base() -> PathBuf {
    let chosen = std::env::var_os("TMPDIR").is_some_and(|value| !value.is_empty());
    let room = rustix::fs::statvfs(MEMORY).map_or(0, |found| found.f_bavail.saturating_mul(found.f_frsize));
    if chosen || room < ROOM { std::env::temp_dir() } else { PathBuf::from(MEMORY) }
}

/// A locked file `lock` in `folder`, which is locked from the moment it is there.
fn locked(folder: &Path) -> anyhow::Result<File> {
    let draft = folder.join("lock.new");
    let file = File::create(&draft).with_context(|| format!("writing `{}`", draft.display()))?;
    file.lock().with_context(|| format!("locking `{}`", draft.display()))?;
    std::fs::rename(&draft, folder.join("lock")).with_context(|| format!("moving `{}`", draft.display()))?;
    Ok(file)
}

/// Removes the folders of processes that died. What cannot be read or removed is somebody else's, or costs only room.
fn remove_stale(base: &Path) {
    for entry in std::fs::read_dir(base).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        let lock = ours.then(|| File::options().write(true).open(entry.path().join("lock")));
        if let Some(Ok(lock)) = lock
            && lock.try_lock().is_ok()
        {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_dead_process_left_is_removed() {
        let base = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let folder = base.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            (locked(&folder).unwrap(), folder)
        };
        let (_lock, living) = make("warpgrid-db-living");
        let (lock, dead) = make("warpgrid-db-dead");
        let (other, unrelated) = make("something-else");
        drop((lock, other));
        let starting = base.path().join("warpgrid-db-starting");
        std::fs::create_dir(&starting).unwrap();
        remove_stale(base.path());
        assert!(living.is_dir() && unrelated.is_dir() && starting.is_dir());
        assert!(!dead.exists());
    }
}
