//! A logged-in connection to a server; knows no pool and no guest.

use crate::key::SessionKey;
use crate::net::ServerStream;
use crate::protocol::{ServerFacts, Tracker};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::coop::unconstrained;
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
    /// When a guest used it last, or when it was logged in.
    pub(crate) last_used: Instant,
    /// When it was last known to live: logged in, reset or checked.
    pub(crate) last_checked: Instant,
    /// The pool's generation at its login; a reload begins a new one.
    pub(crate) generation: u64,
}

impl Session {
    /// Whether nothing has arrived that nobody asked for, nor the end. One look at the socket that does not wait; for
    /// sessions whose server owes nothing, so that any byte makes the session unfit.
    pub(crate) fn is_quiet(&mut self) -> bool {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        poll_once(|context| Pin::new(&mut self.stream).poll_read(context, &mut buffer)).is_pending()
    }

    /// Whether the connection has ended, as far as one look at the socket tells that does not wait. Takes a byte: only for
    /// sessions that are closed next.
    pub(crate) fn has_ended(&mut self) -> bool {
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        match poll_once(|context| Pin::new(&mut self.stream).poll_read(context, &mut buffer)) {
            Poll::Ready(Ok(())) => buffer.filled().is_empty(),
            Poll::Ready(Err(_)) => true,
            Poll::Pending => false,
        }
    }

    /// Closes the connection without waiting for anything. `goodbye` is said first where the socket takes it at once.
    pub(crate) fn close(mut self, goodbye: &[u8]) {
        let said = poll_once(|context| Pin::new(&mut self.stream).poll_write(context, goodbye));
        if matches!(said, Poll::Ready(Ok(length)) if length == goodbye.len()) {
            let _ = poll_once(|context| Pin::new(&mut self.stream).poll_flush(context));
            let _ = poll_once(|context| Pin::new(&mut self.stream).poll_shutdown(context));
        }
    }
}

/// Polls once, with nobody to wake. Outside the budget that tokio gives a task: an exhausted one would look like a socket
/// with nothing to say.
fn poll_once<T>(poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> Poll<T> {
    pin!(unconstrained(std::future::poll_fn(poll))).poll(&mut Context::from_waker(Waker::noop()))
}
