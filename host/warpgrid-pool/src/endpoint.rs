//! A server with the credentials for it, and how guests may use it; connects nowhere.

use crate::config::PoolOptions;
use crate::net::{ServerAddress, TlsClient};
use crate::secret::Secret;
use std::fmt;
use std::sync::Arc;

/// The wire protocol of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// PostgreSQL, protocol 3.
    Postgres,
    /// MySQL and MariaDB, protocol 4.1 and later.
    Mysql,
    /// Redis, RESP2 and RESP3.
    Redis,
}

impl fmt::Display for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Protocol::Postgres => "postgres",
            Protocol::Mysql => "mysql",
            Protocol::Redis => "redis",
        })
    }
}

/// Whose sessions they are. Nothing of one tenant's sessions reaches another tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tenant(Arc<str>);

impl Tenant {
    /// A tenant by its name.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// What a guest has to say before it gets a session.
#[derive(Debug, Clone, Default)]
pub enum GuestLogin {
    /// Anything: a user name and a password of the guest are not looked at. The default: the host decided who
    /// may connect by giving the guest this endpoint.
    #[default]
    Any,
    /// This user name and password, compared in constant time. They are the guest's own, not those of the server.
    Check {
        /// The user name that the guest must give.
        user: String,
        /// The password that the guest must give.
        password: Secret,
    },
}

/// A server, the credentials the host has for it, and the terms on which guests use it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// What logs, errors and statistics call it: the binding's name.
    pub name: String,
    /// The wire protocol.
    pub protocol: Protocol,
    /// Where the server is.
    pub server: ServerAddress,
    /// The database to use: for Redis its number. None: that of the server; a guest may then name one.
    pub database: Option<String>,
    /// The user to log in as. None: PostgreSQL `postgres`, MySQL `root`, Redis the default user.
    pub user: Option<String>,
    /// The password. None: the server must not ask for one.
    pub password: Option<Secret>,
    /// Encryption on the way to the server. None: plain text.
    pub tls: Option<TlsClient>,
    /// What a guest has to say before it gets a session.
    pub guest_login: GuestLogin,
    /// Limits and time-outs.
    pub options: PoolOptions,
}
