//! Statements that would go on at the server although their session was destroyed; speaks no protocol.
//!
//! A server that works on a statement does not look whether anybody is left to hear the answer: it holds its locks to the
//! end. So it is asked to stop, where the request names a secret of the session (PostgreSQL): by then the session is closed
//! and in nobody's hands, and the request can hit nobody else, whichever server answers at the address by now.
//!
//! Requests stand in a line, as logins do: one is sent at a time, so that a server in trouble is not met by all of them;
//! there are at most as many as the pool has places; each has the time of a login, its waiting included. No guest and no
//! place waits for one, only the end of a drain does, for a moment.

use crate::inner::Inner;
use crate::protocol::ServerFacts;
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Duration, timeout};

/// How long the end of a drain waits for the requests that are left.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// The line of a pool's requests.
pub(crate) struct Abandoned {
    places: Arc<Semaphore>,
    count: u32,
    turn: Mutex<()>,
}

impl Abandoned {
    /// Nobody in the line, which has room for `size`.
    pub(crate) fn new(size: usize) -> Self {
        let count = u32::try_from(size).unwrap_or(u32::MAX);
        Self { places: Arc::new(Semaphore::new(count as usize)), count, turn: Mutex::new(()) }
    }

    /// Waits until the line is empty, but not for long.
    pub(crate) async fn rest(&self) {
        // What is not sent by then has no more time than the process has.
        let _ = timeout(LAST_REQUESTS, self.places.acquire_many(self.count)).await;
    }
}

/// Asks the server to stop what a session did that has just been closed.
pub(crate) fn stop(inner: &Arc<Inner>, session: u64, facts: Arc<ServerFacts>) {
    let endpoint = &inner.endpoint.name;
    let Ok(place) = inner.abandoned.places.clone().try_acquire_owned() else {
        tracing::warn!(endpoint, session, "too many statements to stop: one goes on at the server");
        return;
    };
    let limit = inner.endpoint.options.connect;
    let inner_of_task = inner.clone();
    inner.spawn(async move {
        let inner = inner_of_task;
        let request = async {
            let _turn = inner.abandoned.turn.lock().await;
            inner.wire.cancel(&*inner.connector, &inner.endpoint, &facts).await
        };
        let sent = timeout(limit, request).await.unwrap_or_else(|_| {
            Err(inner.unreachable(format!("a request to stop a statement took longer than {limit:?}")))
        });
        if let Err(error) = sent {
            let endpoint = &inner.endpoint.name;
            tracing::warn!(endpoint, session, %error, "a statement whose guest is gone could not be stopped");
        }
        drop(place);
    });
}
