//! Bodies under way, with their time-outs; knows no connection.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};
use wasmtime_wasi_http::{Error, WasiBody};

/// When the request last made progress.
#[derive(Debug)]
pub(super) struct Progress(Mutex<Instant>);

impl Progress {
    pub(super) fn new(now: Instant) -> Arc<Self> {
        Arc::new(Self(Mutex::new(now)))
    }

    pub(super) fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn made(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// The guest's body, noting when it gave its last bytes: a long upload is no slow answer.
pub(super) struct RequestBody {
    pub(super) inner: WasiBody,
    pub(super) progress: Arc<Progress>,
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        self.progress.made();
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The server's body. It ends with an error when the next bytes are too long in coming, and keeps `held`
/// until it is dropped.
pub(super) struct ResponseBody<B, H> {
    inner: B,
    between: Duration,
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
    timed_out: bool,
    _held: H,
}

impl<B, H> ResponseBody<B, H> {
    pub(super) fn new(inner: B, between: Duration, held: H) -> Self {
        Self { inner, between, timer: None, waiting: false, timed_out: false, _held: held }
    }
}

impl<B, H> Body for ResponseBody<B, H>
where
    B: Body<Data = Bytes, Error = Error> + Unpin,
    H: Unpin,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.get_mut();
        if this.timed_out {
            return Poll::Ready(None);
        }
        if let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(context) {
            this.waiting = false;
            return Poll::Ready(frame);
        }
        // The clock runs only while the guest waits: its own slowness is not the server's.
        let due = due(Instant::now(), this.between);
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if !this.waiting {
            timer.as_mut().reset(due);
            this.waiting = true;
        }
        ready!(timer.as_mut().poll(context));
        tracing::info!(phase = "body", "the server stalled");
        this.timed_out = true;
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.timed_out || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// The moment after `duration`, or one that never comes.
pub(super) fn due(now: Instant, duration: Duration) -> Instant {
    const NEVER: Duration = Duration::from_secs(86_400 * 365 * 30);
    now + duration.min(NEVER)
}
