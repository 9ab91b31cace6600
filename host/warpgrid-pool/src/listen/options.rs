//! How a listener is wished: where, how many clients, how long; opens nothing.

use super::TlsServer;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Where clients find a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenAddress {
    /// TCP. Port 0: one that is free, see [`super::Listener::local_address`].
    Tcp(SocketAddr),
    /// A Unix socket. Nobody can connect before the path has this mode. A socket that nobody listens on any more is
    /// replaced, anything else at the path is an error. The path is removed at the end.
    Unix {
        /// The path.
        path: PathBuf,
        /// The mode of the path, as of `chmod`: who may write may connect.
        mode: u32,
    },
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ListenAddress::Tcp(address) => write!(out, "{address}"),
            ListenAddress::Unix { path, .. } => write!(out, "{}", path.display()),
        }
    }
}

/// How a listener is wished.
#[derive(Debug, Clone)]
pub struct ListenOptions {
    /// Where. Default 127.0.0.1, a free port.
    pub address: ListenAddress,
    /// Encryption towards the clients. PostgreSQL and MySQL clients choose whether they use it; Redis clients have to.
    /// Default none.
    pub tls: Option<TlsServer>,
    /// With [`ListenOptions::tls`]: refuse clients that do not use it. Default false.
    pub tls_required: bool,
    /// How many clients may be connected at the same time; one more is refused in its own protocol. Default 1,000.
    pub clients: usize,
    /// How long a client that sends nothing more may wait for answers. One that is gone looks the same. Default 5 seconds.
    pub half_closed: Duration,
    /// How long connected clients may stay after the listener was told to stop. Default 30 seconds.
    pub stop: Duration,
}

impl Default for ListenOptions {
    fn default() -> Self {
        Self {
            address: ListenAddress::Tcp((Ipv4Addr::LOCALHOST, 0).into()),
            tls: None,
            tls_required: false,
            clients: 1000,
            half_closed: Duration::from_secs(5),
            stop: Duration::from_secs(30),
        }
    }
}
