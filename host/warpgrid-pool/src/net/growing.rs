//! Reading into one buffer that grows with what comes; knows neither end.

use bytes::{BufMut, BytesMut};
use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much is read at once at first.
const FIRST_BYTES: usize = 8 * 1024;
/// How much is read at once at most.
pub(crate) const MOST_BYTES: usize = 64 * 1024;

/// How much to read at once: each read that takes it all doubles it. Small answers need little memory, large ones few
/// system calls.
pub(crate) struct Growing(usize);

impl Growing {
    pub(crate) fn new() -> Self {
        Self(FIRST_BYTES)
    }

    /// One read into `buffer`, which holds at most [`MOST_BYTES`]; ready with how many bytes came, 0 at the end. Pending
    /// without asking when the buffer has no room. Allocates only to grow, or where somebody still holds what was split off.
    pub(crate) fn poll_read(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin + ?Sized),
        buffer: &mut BytesMut,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        // A buffer with bytes in it is never moved to a larger one: what it has room for is enough.
        if buffer.is_empty() {
            buffer.reserve(self.0);
        }
        let room =
            (buffer.capacity() - buffer.len()).min(self.0).min(MOST_BYTES.saturating_sub(buffer.len()));
        if room == 0 {
            return Poll::Pending;
        }
        let read = {
            let mut target = (&mut *buffer).limit(room);
            pin!(stream.read_buf(&mut target)).poll(context)
        };
        if let Poll::Ready(Ok(count)) = &read
            && *count == room
        {
            self.0 = (self.0 * 2).min(MOST_BYTES);
        }
        read
    }
}
