//! An input stream with a bound on each read; knows no socket.

use bytes::Bytes;
use wasmtime_wasi::p2::{DynInputStream, InputStream, Pollable, StreamResult};

/// How many bytes upstream reads at most at once.
const UPSTREAM_READ_BYTES: usize = 64 * 1024;

struct CappedInput {
    inner: DynInputStream,
    read_bytes: usize,
}

/// The stream, with reads of at most `read_bytes` (at least one byte).
pub(super) fn capped(inner: DynInputStream, read_bytes: usize) -> DynInputStream {
    if read_bytes >= UPSTREAM_READ_BYTES {
        return inner;
    }
    Box::new(CappedInput { inner, read_bytes: read_bytes.max(1) })
}

#[async_trait::async_trait]
impl Pollable for CappedInput {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}

#[async_trait::async_trait]
impl InputStream for CappedInput {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.inner.read(size.min(self.read_bytes))
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}
