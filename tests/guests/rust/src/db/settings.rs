//! Where the database is, out of `DB_HOST`, `DB_PORT`, `DB_NAME`, `DB_USER` and `DB_PASSWORD`; knows no driver.

use super::Result;
use std::env::var;
use std::net::{SocketAddr, ToSocketAddrs};

/// What a driver is told.
pub struct Settings {
    /// A name or an address.
    pub host: String,
    /// The port beside it.
    pub port: u16,
    /// The database's name; for Redis its number, `0` when empty.
    pub database: String,
    /// The user; none when empty.
    pub user: String,
    /// None where the host logs in.
    pub password: Option<String>,
}

impl Settings {
    /// Reads the environment.
    ///
    /// # Errors
    /// When host or port is missing or the port is no number.
    pub fn from_environment() -> Result<Self> {
        let need = |name: &str| var(name).map_err(|error| format!("`{name}`: {error}"));
        Ok(Self {
            host: need("DB_HOST")?,
            port: need("DB_PORT")?.parse()?,
            database: var("DB_NAME").unwrap_or_default(),
            user: var("DB_USER").unwrap_or_default(),
            password: var("DB_PASSWORD").ok(),
        })
    }

    /// The first address of the host. Asked of `std`, since tokio looks names up on a thread, which a guest has not.
    ///
    /// # Errors
    /// When the name has no address.
    pub fn address(&self) -> Result<SocketAddr> {
        let mut found = (self.host.as_str(), self.port).to_socket_addrs()?;
        Ok(found.next().ok_or_else(|| format!("`{}` has no address", self.host))?)
    }
}

/// The sub-command and what follows it.
pub fn arguments() -> Vec<String> {
    std::env::args().skip(1).collect()
}
