//! A guest's end of a session, counted against the limit of its instance; knows no door.

use super::Databases;
use bytes::Bytes;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use warpgrid_pool::error::PoolError;
use warpgrid_pool::guest::GuestStream;

/// Why a guest gets no connection to a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The binding has no pool: the embedder gave the application none.
    #[error("the host has no pool for the binding `{binding}`")]
    NoPool {
        /// The binding.
        binding: String,
    },
    /// The instance holds as many connections to databases as it may.
    #[error(
        "the guest holds {limit} connections to databases, as many as it may; raise `database-sessions` under \
         `[limits]` in warp.toml"
    )]
    TooMany {
        /// How many it may hold.
        limit: usize,
    },
}

/// The databases of an application as one instance sees them: with the number of its connections.
pub(crate) struct InstanceDatabases {
    databases: Arc<Databases>,
    open: Arc<AtomicUsize>,
    limit: usize,
}

impl InstanceDatabases {
    pub(crate) fn new(databases: Arc<Databases>, limit: usize) -> Self {
        Self { databases, open: Arc::default(), limit }
    }

    /// The databases of the application.
    pub(crate) fn all(&self) -> &Arc<Databases> {
        &self.databases
    }

    /// A connection to a binding's database.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub(crate) fn connect(&self, binding: &str) -> Result<DatabaseConnection, ConnectError> {
        let more = |open: usize| (open < self.limit).then_some(open + 1);
        if self.open.fetch_update(Relaxed, Relaxed, more).is_err() {
            return Err(ConnectError::TooMany { limit: self.limit });
        }
        let counted = Counted(self.open.clone());
        let no_pool = || ConnectError::NoPool { binding: binding.to_owned() };
        let stream = self.databases.connect(binding).ok_or_else(no_pool)?;
        Ok(DatabaseConnection(Arc::new(Shared { stream: Mutex::new(stream), _counted: counted })))
    }
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

struct Shared {
    stream: Mutex<GuestStream>,
    _counted: Counted,
}

/// A guest's end of a session, shared by its reading and its writing half. The session goes back when both are gone.
#[derive(Clone)]
pub struct DatabaseConnection(Arc<Shared>);

impl DatabaseConnection {
    /// For one look; never held over an await.
    pub(crate) fn stream(&self) -> MutexGuard<'_, GuestStream> {
        // A panic within the stream leaves it in a state that its next use finds out about.
        self.0.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes for the guest that are there without waiting, at most `max`; none of them: the end.
    pub(crate) fn take(&self, max: usize) -> Option<Bytes> {
        let mut stream = self.stream();
        // Not ready: `take` then gives no bytes.
        let _ = stream.poll_fill(&mut Context::from_waker(Waker::noop()));
        stream.take(max)
    }

    /// Ready when [`DatabaseConnection::take`] gives something.
    pub(crate) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.stream().poll_fill(context)
    }

    /// Takes bytes of the guest; ready with how many, at least one.
    pub(crate) fn poll_send(
        &self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, PoolError>> {
        self.stream().poll_send(context, bytes)
    }

    /// Ready when nothing of the guest's is kept back for want of room.
    pub(crate) fn poll_flush(&self, context: &mut Context<'_>) -> Poll<Result<(), PoolError>> {
        self.stream().poll_flush_guest(context)
    }

    /// The guest sends nothing more.
    pub(crate) fn finish(&self) {
        self.stream().finish();
    }

    /// Why the connection ended, once it has.
    pub(crate) fn error(&self) -> Option<PoolError> {
        self.stream().error().cloned()
    }
}

impl fmt::Debug for DatabaseConnection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("DatabaseConnection").finish_non_exhaustive()
    }
}
