//! The streams of a connection to a database at WASI 0.2; knows no wire protocol.
//!
//! Straight on the session: a read is one receive at the server's socket, a write one send.

use crate::databases::DatabaseConnection;
use bytes::{Buf, Bytes};
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, InputStream, OutputStream, Pollable, StreamError, StreamResult,
};

/// How many bytes one write may carry.
const WRITE_BYTES: usize = 64 * 1024;

/// The two streams of a connection.
pub(super) fn streams(
    connection: &DatabaseConnection,
    read_bytes: usize,
) -> (DynInputStream, DynOutputStream) {
    let input = DatabaseInput { connection: connection.clone(), read_bytes };
    let output = DatabaseOutput { connection: connection.clone(), kept: Bytes::new() };
    (Box::new(input), Box::new(output))
}

struct DatabaseInput {
    connection: DatabaseConnection,
    read_bytes: usize,
}

#[async_trait::async_trait]
impl Pollable for DatabaseInput {
    async fn ready(&mut self) {
        poll_fn(|context| self.connection.poll_readable(context)).await;
    }
}

impl InputStream for DatabaseInput {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        self.connection.take(size.min(self.read_bytes)).ok_or(StreamError::Closed)
    }
}

struct DatabaseOutput {
    connection: DatabaseConnection,
    /// What was written and the session has not taken yet.
    kept: Bytes,
}

impl DatabaseOutput {
    /// Ready when all that was written is with the session.
    fn poll_kept(&mut self, context: &mut Context<'_>) -> Poll<StreamResult<()>> {
        while !self.kept.is_empty() {
            match self.connection.poll_send(context, &self.kept) {
                Poll::Ready(Ok(taken)) => self.kept.advance(taken.min(self.kept.len())),
                Poll::Ready(Err(_)) => return Poll::Ready(Err(StreamError::Closed)),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[async_trait::async_trait]
impl Pollable for DatabaseOutput {
    async fn ready(&mut self) {
        // An error is told by the next call.
        let _ = poll_fn(|context| match self.poll_kept(context) {
            Poll::Ready(Ok(())) => self.connection.poll_flush(context).map_err(|_| StreamError::Closed),
            other => other,
        })
        .await;
    }
}

impl OutputStream for DatabaseOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if !self.kept.is_empty() {
            return Err(StreamError::Trap(wasmtime::format_err!(
                "a write beyond what `check-write` allowed"
            )));
        }
        self.kept = bytes;
        match self.poll_kept(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result,
            Poll::Pending => {
                // The session may keep a part of the guest's bytes, which do not count as its own memory.
                self.kept = Bytes::copy_from_slice(&self.kept);
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> StreamResult<()> {
        // Everything is sent as soon as it can be: what is left shows in `check-write`.
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        let mut context = Context::from_waker(Waker::noop());
        match self.poll_kept(&mut context) {
            Poll::Ready(Err(error)) => return Err(error),
            Poll::Pending => return Ok(0),
            Poll::Ready(Ok(())) => {}
        }
        match self.connection.poll_flush(&mut context) {
            Poll::Ready(Ok(())) => Ok(WRITE_BYTES),
            Poll::Ready(Err(_)) => Err(StreamError::Closed),
            Poll::Pending => Ok(0),
        }
    }
}
