//! A database that the host connects to for the guest; knows no credentials and no wire protocol.

use alloc::string::String;
use core::fmt;

/// The wire protocol of a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BindingProtocol {
    /// PostgreSQL, protocol 3.
    Postgres,
    /// MySQL and MariaDB.
    Mysql,
    /// Redis, RESP2 and RESP3.
    Redis,
}

impl fmt::Display for BindingProtocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            BindingProtocol::Postgres => "postgres",
            BindingProtocol::Mysql => "mysql",
            BindingProtocol::Redis => "redis",
        })
    }
}

/// A binding as the sockets' doors need it: what the guest calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Its key under `[bindings]`.
    pub name: String,
    /// The wire protocol.
    pub protocol: BindingProtocol,
    /// The host that the guest connects to: a name, or an address in text.
    pub host: String,
    /// The port that the guest connects to.
    pub port: u16,
}
