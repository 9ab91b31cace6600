//! What the servers have in common, as one trait; knows none of them from the inside.
use std::path::PathBuf;

use rustix::process::Signal;

use crate::builder::Options;
use crate::certificates::Certificates;
use crate::client::ClientProgram;
use crate::place::Place;
use crate::secret::Passwords;

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProductKind {
    /// PostgreSQL 15.
    Postgres,
    /// MariaDB 10.11.
    Mariadb,
    /// MySQL 9.7.
    Mysql,
    /// Redis 7.0.
    Redis,
    /// PgBouncer 1.18.
    Pgbouncer,
}

impl ProductKind {
    /// Its name in reports and files: `postgres`, `mariadb`, `mysql`, `redis`, `pgbouncer`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadb",
            Self::Mysql => "mysql",
            Self::Redis => "redis",
            Self::Pgbouncer => "pgbouncer",
        }
    }

    pub(crate) fn product(self) -> &'static dyn Product {
        match self {
            Self::Postgres => &crate::postgres::Postgres,
            Self::Mariadb => &crate::mariadb::Mariadb,
            Self::Mysql => &crate::mysql::Mysql,
            Self::Redis => &crate::redis::Redis,
            Self::Pgbouncer => &crate::pgbouncer::Pgbouncer,
        }
    }
}

/// Everything about one server that does not change while it lives.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) place: Place,
    pub(crate) options: Options,
    pub(crate) passwords: Passwords,
    pub(crate) certificates: Certificates,
    pub(crate) port: u16,
    pub(crate) tls_port: u16,
}

impl Setting {
    pub(crate) fn password(&self, user: &str) -> &str {
        self.passwords.of(user).unwrap_or_default()
    }

    pub(crate) fn certificate(&self) -> String {
        self.certificates.certificate_pem_path(self.options.certificate).display().to_string()
    }

    pub(crate) fn key(&self) -> String {
        self.certificates.key_pem_path(self.options.certificate).display().to_string()
    }

    pub(crate) fn authority(&self) -> String {
        self.certificates.ca_pem_path().display().to_string()
    }
}

/// One server from the inside.
pub(crate) trait Product: Sync {
    /// Users that get a password.
    fn users(&self) -> &'static [&'static str];

    /// Whether TLS has a port of its own.
    fn has_tls_port(&self) -> bool {
        false
    }

    /// Makes the data folder.
    fn prepare(&self, setting: &Setting) -> anyhow::Result<()>;

    /// The program to start; stays in the foreground.
    fn program(&self, setting: &Setting) -> anyhow::Result<ClientProgram>;

    /// The Unix socket it listens on.
    fn socket(&self, setting: &Setting) -> PathBuf;

    /// Whether it answers on its Unix socket.
    fn is_ready(&self, setting: &Setting) -> bool;

    /// What is left to do once, when it answers for the first time.
    fn finish(&self, _setting: &Setting) -> anyhow::Result<()> {
        Ok(())
    }

    /// Its own client with a command as administrator, and what it answers, without headings.
    fn admin(&self, setting: &Setting, text: &str) -> anyhow::Result<ClientProgram>;

    /// Variables with which its own clients find it as `user`.
    fn environment(&self, setting: &Setting, user: &str) -> Vec<(&'static str, String)>;

    /// The address as people write it, with the password.
    fn address(&self, setting: &Setting, user: &str) -> String;

    /// The signal on which it ends at once and in order.
    fn stop_signal(&self) -> Signal {
        Signal::TERM
    }
}
