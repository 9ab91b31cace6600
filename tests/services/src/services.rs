//! The folder of unpacked packages and what can be started from it; starts nothing by itself.
//!
//! ```text
//! <folder>/packages/        PostgreSQL, MariaDB, Redis, PgBouncer and the libraries they load: usr/ and lib/
//! <folder>/mysql/           MySQL with a glibc of its own, or instead of it
//! <folder>/mysql.skipped    the reason why there is none
//! <folder>/templates/       data folders as a fresh server has them, made on first use
//! ```
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::builder::ServerBuilder;
use crate::client::ClientProgram;
use crate::product::ProductKind;

/// The variable that names the folder.
pub const FOLDER_VARIABLE: &str = "WARPGRID_SERVICES";

/// The command that makes the folder and prints it.
pub const FETCH_COMMAND: &str = "cargo xtask services fetch";

/// Unpacked packages. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Services {
    folder: PathBuf,
}

impl Services {
    /// The folder that `$WARPGRID_SERVICES` names.
    ///
    /// # Errors
    /// When the variable is not set or names no such folder: says which command makes one.
    pub fn from_environment() -> anyhow::Result<Self> {
        let Some(folder) = std::env::var_os(FOLDER_VARIABLE).filter(|value| !value.is_empty()) else {
            bail!(
                "`${FOLDER_VARIABLE}` is not set: it names the folder of database servers, which `{FETCH_COMMAND}` makes and prints"
            );
        };
        Self::in_folder(Path::new(&folder))
    }

    /// The packages in `folder`.
    ///
    /// # Errors
    /// When there are none.
    pub fn in_folder(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.canonicalize().with_context(|| {
            format!("`{}` of `${FOLDER_VARIABLE}` is not there: run `{FETCH_COMMAND}`", folder.display())
        })?;
        if !folder.join("packages/usr").is_dir() {
            bail!("`{}` holds no unpacked packages: run `{FETCH_COMMAND}`", folder.display());
        }
        Ok(Self { folder })
    }

    /// The folder itself, absolute.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A PostgreSQL 15. Users: `app` (SCRAM-SHA-256), `app_md5` (MD5), `app_password` (clear text), `app_trust` (none);
    /// database `app`, owned by `app`. The superuser `postgres` is let in through the Unix socket alone, unasked.
    pub fn postgres(&self) -> ServerBuilder {
        ServerBuilder::new(self, ProductKind::Postgres)
    }

    /// A MariaDB 10.11. Users: `app` (mysql_native_password), `app_ed25519` (ed25519), both with all rights on database
    /// `app`; `admin` with all rights, through the Unix socket alone; `root` for the operating system's user of that name.
    pub fn mariadb(&self) -> ServerBuilder {
        ServerBuilder::new(self, ProductKind::Mariadb)
    }

    /// A MySQL 9.7. User `app` (caching_sha2_password) with all rights on database `app`, `admin` as in MariaDB.
    ///
    /// # Errors
    /// When it is not there: the message begins with `skipped:` and is for printing by a test that then ends.
    pub fn mysql(&self) -> anyhow::Result<ServerBuilder> {
        match self.mysql_missing() {
            None => Ok(ServerBuilder::new(self, ProductKind::Mysql)),
            Some(reason) => bail!("skipped: no MySQL: {reason}"),
        }
    }

    /// Why there is no MySQL; `None` when there is one.
    #[must_use]
    pub fn mysql_missing(&self) -> Option<String> {
        if self.folder.join("mysql/usr/sbin/mysqld").is_file() {
            return None;
        }
        let told = std::fs::read_to_string(self.folder.join("mysql.skipped")).unwrap_or_default();
        let told = told.trim();
        Some(if told.is_empty() { "its packages are not unpacked".to_owned() } else { told.to_owned() })
    }

    /// A Redis 7.0. Users: `default` and `app`, each with a password and all rights; 64 databases.
    pub fn redis(&self) -> ServerBuilder {
        ServerBuilder::new(self, ProductKind::Redis)
    }

    /// A PgBouncer 1.18. Needs [`ServerBuilder::in_front_of`] a PostgreSQL, whose users `app` and `app_md5` it takes over.
    pub fn pgbouncer(&self) -> ServerBuilder {
        ServerBuilder::new(self, ProductKind::Pgbouncer)
    }

    /// A program of the packages with what it needs to run: `psql`, `pgbench`, `mariadb`, `redis-cli`,
    /// `redis-benchmark` …, or `mysql` for MySQL's own client where there is a MySQL.
    ///
    /// # Errors
    /// When there is no program of that name.
    pub fn program(&self, name: &str) -> anyhow::Result<ClientProgram> {
        ClientProgram::find(self, name)
    }

    /// Where PostgreSQL, MariaDB, Redis and PgBouncer are unpacked.
    pub(crate) fn packages(&self) -> PathBuf {
        self.folder.join("packages")
    }

    /// Where MySQL is unpacked.
    pub(crate) fn mysql_packages(&self) -> PathBuf {
        self.folder.join("mysql")
    }
}
