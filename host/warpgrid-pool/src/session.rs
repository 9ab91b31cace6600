//! A logged-in connection to a server; knows no pool and no guest.

use crate::key::SessionKey;
use crate::net::ServerStream;
use crate::protocol::{ServerFacts, Tracker};
use std::sync::Arc;
use tokio::time::Instant;

/// A session of a server. Whoever owns it is alone with it.
pub(crate) struct Session {
    /// Unique in the process: for logs.
    pub(crate) id: u64,
    pub(crate) key: SessionKey,
    pub(crate) stream: ServerStream,
    pub(crate) facts: Arc<ServerFacts>,
    /// What is known of its state, from the headers of all that passed.
    pub(crate) tracker: Box<dyn Tracker>,
    /// When it must not be given out again.
    pub(crate) retire_at: Instant,
    /// When a guest or a check used it last.
    pub(crate) last_used: Instant,
}
