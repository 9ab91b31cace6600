//! The streams of a connection to a database at WASI 0.3; knows no wire protocol.

use crate::databases::DatabaseConnection;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::oneshot;
use wasmtime::component::{Destination, Source, StreamConsumer, StreamProducer, StreamResult};
use wasmtime::{AsContextMut as _, StoreContextMut};
use wasmtime_wasi::p3::bindings::sockets::types::ErrorCode;

/// How many bytes are read at once when the guest gives no buffer.
const READ_BYTES: usize = 8192;

/// What a stream's end is told by.
pub(super) type Ended = oneshot::Sender<Result<(), ErrorCode>>;

/// Bytes of the session, into the guest's own buffer.
pub(super) struct DatabaseProducer {
    pub(super) connection: DatabaseConnection,
    /// The most bytes of one read.
    pub(super) read_bytes: usize,
    pub(super) ended: Option<Ended>,
}

impl DatabaseProducer {
    fn end(&mut self) -> Poll<wasmtime::Result<StreamResult>> {
        tell(&mut self.ended, &self.connection);
        Poll::Ready(Ok(StreamResult::Dropped))
    }
}

/// Tells how the stream ended; nobody may be listening any more.
fn tell(ended: &mut Option<Ended>, connection: &DatabaseConnection) {
    if let Some(ended) = ended.take() {
        let result = if connection.error().is_some() { Err(ErrorCode::ConnectionReset) } else { Ok(()) };
        let _ = ended.send(result);
    }
}

impl Drop for DatabaseProducer {
    fn drop(&mut self) {
        if let Some(ended) = self.ended.take() {
            let _ = ended.send(Ok(()));
        }
    }
}

impl<D> StreamProducer<D> for DatabaseProducer {
    type Item = u8;
    type Buffer = bytes::BytesMut;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut store: StoreContextMut<'a, D>,
        destination: Destination<'a, u8, Self::Buffer>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if self.ended.is_none() {
            return Poll::Ready(Ok(StreamResult::Dropped));
        }
        let not_yet = if finish { Poll::Ready(Ok(StreamResult::Cancelled)) } else { Poll::Pending };
        if destination.remaining(store.as_context_mut()) == Some(0) {
            return match self.connection.poll_readable(context) {
                Poll::Ready(()) => Poll::Ready(Ok(StreamResult::Completed)),
                Poll::Pending => not_yet,
            };
        }
        let mut destination = destination.as_direct(store, READ_BYTES);
        let room = destination.remaining().len().min(self.read_bytes);
        let mut buffer = ReadBuf::new(&mut destination.remaining()[..room]);
        let read = Pin::new(&mut *self.connection.stream()).poll_read(context, &mut buffer);
        match (read, buffer.filled().len()) {
            (Poll::Pending, _) => not_yet,
            (Poll::Ready(Ok(())), count) if count > 0 => {
                destination.mark_written(count);
                Poll::Ready(Ok(StreamResult::Completed))
            }
            (Poll::Ready(_), _) => self.end(),
        }
    }
}

/// Bytes of the guest, straight from its buffer.
pub(super) struct DatabaseConsumer {
    pub(super) connection: DatabaseConnection,
    pub(super) ended: Option<Ended>,
}

impl Drop for DatabaseConsumer {
    fn drop(&mut self) {
        if let Some(ended) = self.ended.take() {
            self.connection.finish();
            let _ = ended.send(Ok(()));
        }
    }
}

impl<D> StreamConsumer<D> for DatabaseConsumer {
    type Item = u8;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'_, D>,
        source: Source<'_, u8>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        if self.ended.is_none() {
            return Poll::Ready(Ok(StreamResult::Dropped));
        }
        let mut source = source.as_direct(store);
        let sent = if source.remaining().is_empty() {
            self.connection.poll_flush(context).map_ok(|()| 0)
        } else {
            self.connection.poll_send(context, source.remaining())
        };
        match sent {
            Poll::Ready(Ok(count)) => {
                source.mark_read(count);
                Poll::Ready(Ok(StreamResult::Completed))
            }
            Poll::Ready(Err(_)) => {
                let Self { connection, ended } = &mut *self;
                tell(ended, connection);
                Poll::Ready(Ok(StreamResult::Dropped))
            }
            Poll::Pending if finish => Poll::Ready(Ok(StreamResult::Cancelled)),
            Poll::Pending => Poll::Pending,
        }
    }
}
