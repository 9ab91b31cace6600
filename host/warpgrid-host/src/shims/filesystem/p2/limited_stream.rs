//! A stream that gives no more than a limit at a time; knows no file.

use bytes::Bytes;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{DynInputStream, InputStream, Pollable, StreamResult};

/// Upstream's streams give up to this many bytes at a time, whatever is asked for.
pub(super) const UPSTREAM_BYTES: usize = 64 * 1024;

/// Another stream, in smaller pieces.
pub(super) struct LimitedStream {
    pub(super) inner: DynInputStream,
    /// The most bytes that one read gives, at least 1.
    pub(super) limit: usize,
}

#[async_trait]
impl Pollable for LimitedStream {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}

#[async_trait]
impl InputStream for LimitedStream {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.inner.read(size.min(self.limit))
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.inner.blocking_read(size.min(self.limit)).await
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}
