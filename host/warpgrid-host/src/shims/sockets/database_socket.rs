//! What a guest's socket is once it is connected to a database; knows no version of WASI.

use crate::databases::DatabaseConnection;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// A connection to a database in place of a socket of the system.
pub(super) struct DatabaseSocket {
    pub(super) connection: DatabaseConnection,
    /// Where the guest wanted to go.
    pub(super) remote: SocketAddr,
    /// Whether the guest has the stream that it receives from.
    pub(super) receives: bool,
    /// Whether the guest has the stream that it sends into.
    pub(super) sends: bool,
}

impl DatabaseSocket {
    pub(super) fn new(connection: DatabaseConnection, remote: SocketAddr) -> Self {
        Self { connection, remote, receives: false, sends: false }
    }

    /// Where the guest's side seems to be: there is no socket.
    pub(super) fn local(&self) -> SocketAddr {
        match self.remote {
            SocketAddr::V4(_) => (Ipv4Addr::LOCALHOST, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::LOCALHOST, 0).into(),
        }
    }
}
