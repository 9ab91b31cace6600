//! Stopping what a session does from outside: Redis knows nothing of the kind for ordinary clients.
//!
//! `CLIENT UNBLOCK` and `CLIENT KILL` reach any client of the server, so guests do not have them (`track`). A guest that
//! leaves while a blocking command waits loses its session, and the server forgets the command with the connection.

use crate::error::PoolError;

/// Nothing to send.
pub(super) async fn cancel() -> Result<(), PoolError> {
    Ok(())
}
