//! A guest's end of a session, as a stream of bytes; knows no door.
//!
//! Phases: *greeting* (the host answers the login), *checkout* (a session is being had), *open* (bytes pass, watched by
//! the tracker), *ended*. Every door drives it in the same way: bytes of the guest in by [`GuestStream::poll_send`],
//! bytes for the guest out by [`GuestStream::poll_fill`] and [`GuestStream::take`]. Whoever polls either drives the whole.
//! Dropping it gives the session back.

use crate::error::PoolError;
use bytes::Bytes;
use std::task::{Context, Poll};

/// A guest's end of a session. Also an `AsyncRead` and `AsyncWrite` (for listeners), which read without a copy where
/// nothing is buffered.
pub struct GuestStream {}

/// The most bytes that wait for the guest; reading from the server stops there.
pub const READ_BUFFER_BYTES: usize = 64 * 1024;

impl GuestStream {
    /// Ready when [`GuestStream::take`] would give something, or the stream has ended.
    pub fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let _ = context;
        todo!()
    }

    /// Bytes for the guest that are there now, at most `max`; empty with none there yet. None: the stream has ended, and
    /// everything was taken.
    pub fn take(&mut self, max: usize) -> Option<Bytes> {
        let _ = max;
        todo!()
    }

    /// Takes bytes of the guest; ready with how many were taken, at least one.
    ///
    /// # Errors
    /// [`PoolError`]: why the session ended.
    pub fn poll_send(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, PoolError>> {
        let _ = (context, bytes);
        todo!()
    }

    /// Ready when everything taken was handed to the server, or waits for a reason of the protocol.
    ///
    /// # Errors
    /// [`PoolError`]: why the session ended.
    pub fn poll_flush_guest(&mut self, context: &mut Context<'_>) -> Poll<Result<(), PoolError>> {
        let _ = context;
        todo!()
    }

    /// Ready when the login is done and the guest has a session; `Err` says why it has none. For doors whose `connect`
    /// shall fail by itself and not by a later read.
    pub fn poll_checked_out(&mut self, context: &mut Context<'_>) -> Poll<Result<(), PoolError>> {
        let _ = context;
        todo!()
    }

    /// Why the stream ended, once it has.
    pub fn error(&self) -> Option<&PoolError> {
        todo!()
    }

    /// The guest sends nothing more.
    pub fn finish(&mut self) {
        todo!()
    }
}
