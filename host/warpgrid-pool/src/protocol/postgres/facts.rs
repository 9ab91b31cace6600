//! What a PostgreSQL server said of itself at the login; knows no guest.

use bytes::Bytes;
use std::fmt;

/// What a PostgreSQL server said of itself and of a session.
#[derive(Clone, Default)]
pub struct PostgresFacts {
    /// The server process behind the session; 0 where the server named none.
    pub process_id: u32,
    /// What a request to cancel must show: 4 bytes, in protocol 3.2 up to 256; empty where the server named none.
    pub cancel_secret: Bytes,
    /// The parameters that the server reports, with their values right after the login, in the server's order.
    pub parameters: Vec<(String, String)>,
}

impl fmt::Debug for PostgresFacts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PostgresFacts")
            .field("process_id", &self.process_id)
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}
