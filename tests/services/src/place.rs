//! The folders of one server, gone when it is. Knows not what is in them.
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::account::Account;
use crate::services::Services;

/// The longest path of a Unix socket (`unix(7)`), with its closing zero.
const LONGEST_SOCKET_PATH: usize = 108;

/// Where one server keeps its things, and who it runs as.
#[derive(Debug)]
pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub(crate) services: Services,
    pub(crate) account: Account,
}

impl Place {
    /// A folder of its own with `socket/` and `tls/`.
    pub(crate) fn new(services: &Services, account: Account) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("warpgrid-db-")
            .tempdir()
            .context("making a folder for a server")?;
        let place = Self { folder, services: services.clone(), account };
        for part in ["socket", "tls"] {
            let path = place.path(part);
            std::fs::create_dir(&path).with_context(|| format!("creating `{}`", path.display()))?;
        }
        let longest = place.path("socket/.s.PGSQL.65535.lock").as_os_str().len();
        anyhow::ensure!(
            longest < LONGEST_SOCKET_PATH,
            "the folder `{}` for temporary files is too long for Unix sockets: set `TMPDIR` to a shorter one",
            std::env::temp_dir().display()
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
