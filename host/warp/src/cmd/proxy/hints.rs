//! What the operator can do about an error of the pool; finds none itself.

use warpgrid_pool::error::PoolError;

/// What to look at.
pub(super) fn of(error: &PoolError) -> Option<&'static str> {
    match error {
        PoolError::Unreachable { .. } => Some(
            "is the server running, is `server` (else `address`) of the binding where it is, and does it speak \
             the binding's `protocol`? A server of another one may just wait",
        ),
        PoolError::Tls { .. } => Some(
            "look at `tls` of the binding: `ca` names the authority that signed the server's certificate, \
             mode \"verify-ca\" does not look at the name in it, \"disable\" sends everything in plain text",
        ),
        PoolError::Authentication { .. } => {
            Some("`password` of the binding names a variable or a file: does it hold this user's password?")
        }
        PoolError::NotThisProtocol { .. } => {
            Some("look at `protocol` of the binding, and at the port: another server answers there")
        }
        PoolError::Denied { .. } => Some("look at `database` of the binding"),
        _ => None,
    }
}
