//! Why the database-proxy shim refused something, and what a guest is told of it.

use crate::bindings::warpgrid::shim::database_types::{DatabaseError, DatabaseProtocol};
use crate::databases::ConnectError;
use warpgrid_grants::net::BindingProtocol;
use warpgrid_pool::error::PoolError;

/// Why a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseProxyError {
    /// No binding has this host and port.
    #[error("no binding has the address `{host}:{port}`; add one under `[bindings]` in warp.toml")]
    NoBinding {
        /// What the guest asked for.
        host: String,
        /// And the port.
        port: u16,
    },
    /// The binding is for another protocol, database or user.
    #[error("the binding `{binding}` is not for the {what} that the guest asked for")]
    Denied {
        /// The binding.
        binding: String,
        /// `protocol`, `database` or `user`.
        what: &'static str,
    },
    /// A field is empty or too long.
    #[error("the {field} is empty, or longer than {longest} bytes")]
    InvalidArgument {
        /// Which.
        field: &'static str,
        /// How long it may be.
        longest: usize,
    },
    /// The time-out of the call passed.
    #[error("nothing came within the time-out")]
    TimedOut,
    /// The connection was closed before.
    #[error("the connection is closed")]
    Closed,
    /// There is no connection for this guest.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The pool gives no session, or the session ended.
    #[error(transparent)]
    Pool(#[from] PoolError),
}

/// What the guest is told: the narrowest code, and no text.
pub(super) fn to_wit(error: &DatabaseProxyError) -> DatabaseError {
    match error {
        DatabaseProxyError::NoBinding { .. } | DatabaseProxyError::Connect(ConnectError::NoPool { .. }) => {
            DatabaseError::NoBinding
        }
        DatabaseProxyError::Denied { .. } => DatabaseError::AccessDenied,
        DatabaseProxyError::InvalidArgument { .. } => DatabaseError::InvalidArgument,
        DatabaseProxyError::TimedOut => DatabaseError::TimedOut,
        DatabaseProxyError::Closed => DatabaseError::ConnectionClosed,
        DatabaseProxyError::Connect(ConnectError::TooMany { .. }) => DatabaseError::LimitReached,
        DatabaseProxyError::Pool(error) => match error {
            PoolError::Unreachable { .. } | PoolError::NotThisProtocol { .. } => DatabaseError::Unreachable,
            PoolError::Tls { .. } => DatabaseError::TlsFailed,
            PoolError::Authentication { .. } => DatabaseError::AuthenticationFailed,
            PoolError::Exhausted { .. } | PoolError::QueueFull { .. } => DatabaseError::PoolExhausted,
            PoolError::Draining { .. } => DatabaseError::Draining,
            PoolError::Denied { .. } => DatabaseError::AccessDenied,
            PoolError::Violation { .. } => DatabaseError::ProtocolViolation,
            PoolError::Closed { .. } => DatabaseError::ConnectionClosed,
        },
    }
}

/// The protocol that a guest names.
pub(super) fn protocol_from_wit(protocol: DatabaseProtocol) -> BindingProtocol {
    match protocol {
        DatabaseProtocol::Postgres => BindingProtocol::Postgres,
        DatabaseProtocol::Mysql => BindingProtocol::Mysql,
        DatabaseProtocol::Redis => BindingProtocol::Redis,
    }
}
