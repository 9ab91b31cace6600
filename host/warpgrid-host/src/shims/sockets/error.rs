//! What the sockets shim refuses by itself, and the codes that a guest sees; what is not granted, upstream
//! answers with access-denied.

use crate::databases::ConnectError;
use std::net::SocketAddr;
use wasmtime_wasi::p2::bindings::sockets::network::ErrorCode as CodeP2;
use wasmtime_wasi::p3::bindings::sockets::types::ErrorCode as CodeP3;

/// Why the shim refused a socket or a connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SocketsError {
    /// The instance holds as many sockets as it may.
    #[error(
        "the guest holds {limit} sockets, as many as it may; raise `sockets` under `[limits]` in warp.toml"
    )]
    TooManySockets {
        /// How many it may hold.
        limit: usize,
    },
    /// The address is that of a database binding, and the guest gets no connection to it.
    #[error(transparent)]
    Database(#[from] ConnectError),
    /// The address stands for a name of the host's own, and nothing answers there.
    #[error("`{address}` stands for a name that the host serves itself, and not by TCP on this port")]
    Unserved {
        /// Where the guest wanted to connect to.
        address: SocketAddr,
    },
}

impl SocketsError {
    /// The code of WASI 0.2.
    pub(super) fn code_p2(&self) -> CodeP2 {
        match self {
            SocketsError::TooManySockets { .. } | SocketsError::Database(ConnectError::TooMany { .. }) => {
                CodeP2::NewSocketLimit
            }
            SocketsError::Database(ConnectError::NoPool { .. }) | SocketsError::Unserved { .. } => {
                CodeP2::ConnectionRefused
            }
        }
    }

    /// The code of WASI 0.3, which has none for too many sockets.
    pub(super) fn code_p3(&self) -> CodeP3 {
        match self {
            SocketsError::TooManySockets { .. } | SocketsError::Database(ConnectError::TooMany { .. }) => {
                CodeP3::Other(Some("new-socket-limit".to_owned()))
            }
            SocketsError::Database(ConnectError::NoPool { .. }) | SocketsError::Unserved { .. } => {
                CodeP3::ConnectionRefused
            }
        }
    }
}

impl From<SocketsError> for wasmtime_wasi::p2::SocketError {
    fn from(error: SocketsError) -> Self {
        error.code_p2().into()
    }
}

impl From<SocketsError> for wasmtime_wasi::p3::sockets::SocketError {
    fn from(error: SocketsError) -> Self {
        error.code_p3().into()
    }
}
