//! A session that a guest has taken; knows no bytes.
//!
//! The session stands behind a lock, so that the monitor can take it away from a guest that does nothing: a guest that
//! never asks again would keep it for ever otherwise. Dropping the guard is the only way back into the pool.

use crate::protocol::ServerFacts;
use crate::session::Session;
use std::sync::{Arc, MutexGuard};

/// A session that is taken. Dropped: it is reset and kept, or destroyed, as its tracker says.
pub(crate) struct Guard {
    facts: Arc<ServerFacts>,
}

impl Guard {
    /// What the server said of itself.
    pub(crate) fn facts(&self) -> &Arc<ServerFacts> {
        &self.facts
    }

    /// The session, for one look at the connection. None: it was taken away; [`Guard::ended`] says why. Never held
    /// over an await.
    pub(crate) fn session(&self) -> MutexGuard<'_, Option<Session>> {
        todo!()
    }

    /// Why the session was taken away.
    pub(crate) fn ended(&self) -> Option<&'static str> {
        todo!()
    }

    /// Wakes `waker` when the session is taken away. Call before each `Pending` of reading and of writing.
    pub(crate) fn register(&self, reading: bool, waker: &std::task::Waker) {
        let _ = (reading, waker);
        todo!()
    }

    /// Notes that bytes passed, for the deadlines; `waits_for_server` says whether the guest waits for the server's next
    /// bytes right now.
    pub(crate) fn progress(&self, waits_for_server: bool) {
        let _ = waits_for_server;
        todo!()
    }

    /// The session must not be used again: its connection failed, or somebody broke the protocol.
    pub(crate) fn destroy(&self, reason: &'static str) {
        let _ = reason;
        todo!()
    }
}
