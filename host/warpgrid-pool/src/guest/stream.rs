//! A guest's end of a session, as a stream of bytes; knows no door.
//!
//! Phases: *login* (the host answers the login, a session is being had), *passing* (bytes pass, watched by the tracker),
//! *ended*. Every door drives it in the same way: bytes of the guest in by [`GuestStream::poll_send`], bytes for the guest
//! out by [`GuestStream::poll_fill`] and [`GuestStream::take`]. Whoever polls either drives the whole. Reading and writing
//! may be polled from two tasks. Dropping it gives the session back.

use super::buffers::Buffers;
use super::login::{GuestTls, Login, Outcome};
use super::passing::Passing;
use super::wakers::Wakers;
use super::way::{Ending, Target};
use crate::endpoint::Tenant;
use crate::error::PoolError;
use crate::pool::Pool;
use bytes::{Buf, Bytes, BytesMut};
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much a guest may write that has not read how its stream ended.
const MOST_DROPPED: usize = 1024 * 1024;

/// A guest's end of a session. Also an `AsyncRead` and `AsyncWrite` (for listeners), which read without a copy where
/// nothing is buffered. At most 128 KiB wait in it, whatever the size of a command or a result.
///
/// A look without waiting is a poll with [`Waker::noop`]: it goes as far as it can, and pushes out nobody who waits.
pub struct GuestStream {
    pool: Arc<Pool>,
    phase: Phase,
    buffers: Buffers,
    /// The guest sends nothing more.
    finished: bool,
    error: Option<PoolError>,
    /// How much was taken of the guest, and dropped, since the end.
    dropped: usize,
    wakers: Arc<Wakers>,
    /// Wakes both reader and writer: what everything inside waits with.
    waker: Waker,
}

enum Phase {
    Login(Login),
    Passing(Passing),
    Ended,
}

impl GuestStream {
    /// The end of a guest that has said nothing yet. Who offers encryption has to look at
    /// [`GuestStream::tls_requested`].
    pub(crate) fn new(pool: Arc<Pool>, tenant: &Tenant, tls: GuestTls) -> Self {
        let wakers = Arc::new(Wakers::default());
        Self {
            phase: Phase::Login(Login::new(Arc::clone(&pool), tenant.clone(), tls)),
            pool,
            buffers: Buffers::new(),
            finished: false,
            error: None,
            dropped: 0,
            waker: Waker::from(Arc::clone(&wakers)),
            wakers,
        }
    }

    /// What a guest is told that does not get as far as its own login.
    pub(crate) fn refusal(pool: &Arc<Pool>, error: &PoolError) -> BytesMut {
        let mut words = BytesMut::new();
        Login::refuse(pool, error, &mut words);
        words
    }

    /// Ready when [`GuestStream::take`] would give something, or the stream has ended.
    pub fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.wakers.register_reader(context.waker());
        self.poll_read_into(Target::Output)
    }

    /// Bytes for the guest that are there now, at most `max`; empty with none there yet. None: the stream has ended, and
    /// everything was taken.
    pub fn take(&mut self, max: usize) -> Option<Bytes> {
        if self.buffers.output.is_empty() {
            return if self.has_ended() { None } else { Some(Bytes::new()) };
        }
        let count = max.min(self.buffers.output.len());
        let taken = self.buffers.output.split_to(count).freeze();
        self.output_taken();
        Some(taken)
    }

    /// Takes bytes of the guest; ready with how many were taken, at least one. After the end they are dropped as long as
    /// the guest has not read its last bytes: many drivers write again before they read why they were refused, and a
    /// network would take that too, up to a mebibyte or so.
    ///
    /// # Errors
    /// [`PoolError`]: why the session ended; not before the guest has taken everything.
    pub fn poll_send(&mut self, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, PoolError>> {
        self.wakers.register_writer(context.waker());
        self.drive_login();
        match &mut self.phase {
            Phase::Login(login) => {
                if login.tls_requested() || self.buffers.output_is_full() {
                    return Poll::Pending;
                }
                let count = bytes.len().min(self.buffers.input_room());
                if count == 0 && !bytes.is_empty() {
                    return Poll::Pending;
                }
                self.buffers.keep(&bytes[..count]);
                self.drive_login();
                if !self.buffers.output.is_empty() || self.has_ended() {
                    self.wakers.wake_reader();
                }
                Poll::Ready(Ok(count))
            }
            Phase::Passing(passing) => {
                let sent = passing.poll_send(&mut self.buffers, &self.wakers, &self.waker, bytes);
                if passing.is_over() {
                    self.end(None);
                }
                match ready!(sent) {
                    Ok(count) => Poll::Ready(Ok(count)),
                    Err(ending) => match self.end_by(ending) {
                        Some(error) => Poll::Ready(Err(error)),
                        None => Poll::Ready(self.drop_bytes(bytes)),
                    },
                }
            }
            Phase::Ended => Poll::Ready(self.drop_bytes(bytes)),
        }
    }

    /// What becomes of bytes of the guest after the end.
    fn drop_bytes(&mut self, bytes: &[u8]) -> Result<usize, PoolError> {
        if self.buffers.output.is_empty() || self.dropped >= MOST_DROPPED {
            return Err(self.why());
        }
        self.dropped += bytes.len();
        Ok(bytes.len())
    }

    /// Ready when everything taken was handed to the server, or waits for a reason of the protocol.
    ///
    /// # Errors
    /// [`PoolError`]: why the session ended; not before the guest has taken everything.
    pub fn poll_flush_guest(&mut self, context: &mut Context<'_>) -> Poll<Result<(), PoolError>> {
        self.wakers.register_writer(context.waker());
        self.drive_login();
        match &mut self.phase {
            // A first command that came with the login, or in its place, goes out when there is a session.
            Phase::Login(login) if login.is_checking_out() && !self.buffers.input.is_empty() => Poll::Pending,
            Phase::Login(_) => Poll::Ready(Ok(())),
            Phase::Passing(passing) => {
                let flushed = passing.poll_flush(&mut self.buffers, &self.waker);
                if passing.is_over() {
                    self.end(None);
                }
                match ready!(flushed) {
                    Ok(()) => Poll::Ready(Ok(())),
                    Err(ending) => Poll::Ready(self.end_by(ending).map_or(Ok(()), Err)),
                }
            }
            Phase::Ended if !self.buffers.output.is_empty() => Poll::Ready(Ok(())),
            Phase::Ended => Poll::Ready(self.error.clone().map_or(Ok(()), Err)),
        }
    }

    /// Ready when the login is done and the guest has a session; `Err` says why it has none. For doors whose `connect`
    /// shall fail by itself and not by a later read.
    ///
    /// # Errors
    /// [`PoolError`]: why the guest has no session.
    pub fn poll_checked_out(&mut self, context: &mut Context<'_>) -> Poll<Result<(), PoolError>> {
        self.wakers.register_reader(context.waker());
        self.drive_login();
        match &self.phase {
            Phase::Login(_) => Poll::Pending,
            Phase::Passing(_) => Poll::Ready(Ok(())),
            Phase::Ended => Poll::Ready(Err(self.why())),
        }
    }

    /// Why the stream ended, once it has. None also where the guest left of its own will.
    pub fn error(&self) -> Option<&PoolError> {
        self.error.as_ref()
    }

    /// The guest sends nothing more. What it sent still goes to the server, and the answers to that can be read.
    pub fn finish(&mut self) {
        self.finished = true;
        if let Phase::Passing(passing) = &mut self.phase {
            passing.finish(&mut self.buffers);
            if passing.is_over() {
                self.end(None);
            }
        } else {
            self.drive_login();
        }
        self.wakers.wake_reader();
    }

    /// Whether the guest waits for encryption on its own side: everything was taken, and the owner of the stream does the
    /// handshake now and then calls [`GuestStream::tls_done`]. Until then nothing is taken of the guest.
    pub fn tls_requested(&self) -> bool {
        self.buffers.output.is_empty() && self.tls_pending()
    }

    /// The same, with something still to take first. What the guest sends from now on is its handshake.
    pub(crate) fn tls_pending(&self) -> bool {
        matches!(&self.phase, Phase::Login(login) if login.tls_requested())
    }

    /// Encryption is there; bytes of the guest are its plain text from now on.
    pub fn tls_done(&mut self) {
        if let Phase::Login(login) = &mut self.phase {
            login.tls_done();
        }
        self.wakers.wake_writer();
    }

    /// Bytes that the guest's handshake begins with, where the protocol lets it send them together with the wish for it
    /// (MySQL). Call once, before the handshake.
    pub fn tls_begun(&mut self) -> BytesMut {
        mem::take(&mut self.buffers.input)
    }

    /// How much memory the buffers have.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.buffers.input.capacity() + self.buffers.output.capacity()
    }

    /// How many bytes wait for the guest.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.buffers.output.len()
    }

    /// Whether the stream has ended; something may still be there to take.
    fn has_ended(&self) -> bool {
        matches!(self.phase, Phase::Ended)
    }

    fn drive_login(&mut self) {
        let Phase::Login(login) = &mut self.phase else { return };
        let mut context = Context::from_waker(&self.waker);
        let Poll::Ready(outcome) = login.poll(&mut context, &mut self.buffers, self.finished) else { return };
        match outcome {
            Outcome::Session(guard) => {
                let mut passing = Passing::new(guard, self.finished);
                if self.buffers.input.is_empty() {
                    self.phase = Phase::Passing(passing);
                    return;
                }
                // First commands came together with the login.
                let pumped = passing.poll_flush(&mut self.buffers, &self.waker);
                let over = passing.is_over();
                self.phase = Phase::Passing(passing);
                if over {
                    self.end(None);
                }
                if let Poll::Ready(Err(ending)) = pumped {
                    self.end_by(ending);
                }
            }
            Outcome::Left => self.end(None),
            Outcome::Failed(error) => self.end(Some(error)),
        }
    }

    fn poll_read_into(&mut self, target: Target<'_, '_>) -> Poll<()> {
        self.drive_login();
        if !self.buffers.output.is_empty() {
            return Poll::Ready(());
        }
        match &mut self.phase {
            Phase::Login(_) => Poll::Pending,
            Phase::Passing(passing) => {
                let filled = passing.poll_fill(&mut self.buffers, &self.wakers, &self.waker, target);
                if passing.is_over() {
                    self.end(None);
                }
                if let Err(ending) = ready!(filled) {
                    self.end_by(ending);
                }
                Poll::Ready(())
            }
            Phase::Ended => Poll::Ready(()),
        }
    }

    fn output_taken(&mut self) {
        match &mut self.phase {
            Phase::Passing(passing) => passing.output_taken(&self.wakers),
            Phase::Login(_) => self.wakers.wake_writer(),
            Phase::Ended => {}
        }
    }

    /// The session goes back, or is lost, at once: nobody has to wait until the guest drops its end.
    fn end(&mut self, error: Option<PoolError>) {
        if let Phase::Passing(passing) = &self.phase {
            passing.leave(&self.buffers);
        }
        self.phase = Phase::Ended;
        self.buffers.forget_input();
        self.error = error;
        self.wakers.wake_reader();
        self.wakers.wake_writer();
    }

    /// What whoever writes is told; None: the guest still has something to read, and is told after that.
    fn end_by(&mut self, ending: Ending) -> Option<PoolError> {
        let endpoint = self.pool.endpoint();
        let loss = match ending {
            Ending::NotTaken(reason) => {
                return Some(PoolError::Closed { endpoint: endpoint.name.clone(), reason });
            }
            Ending::Lost(loss) => loss,
        };
        let error = loss.error(&endpoint.name, endpoint.protocol);
        if let Phase::Passing(passing) = &self.phase {
            passing.put_last_words(self.pool.wire(), loss, &error, &mut self.buffers);
        }
        self.end(Some(error.clone()));
        self.buffers.output.is_empty().then_some(error)
    }

    fn why(&self) -> PoolError {
        self.error.clone().unwrap_or_else(|| PoolError::Closed {
            endpoint: self.pool.endpoint().name.clone(),
            reason: "the guest said goodbye",
        })
    }
}

impl Drop for GuestStream {
    fn drop(&mut self) {
        if let Phase::Passing(passing) = &self.phase {
            passing.leave(&self.buffers);
        }
        self.wakers.clear();
    }
}

impl AsyncRead for GuestStream {
    /// The end of the stream is no error here: [`GuestStream::error`] says what it was.
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        target: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if target.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        this.wakers.register_reader(context.waker());
        let before = target.filled().len();
        ready!(this.poll_read_into(Target::Guest(target)));
        if target.filled().len() == before && !this.buffers.output.is_empty() {
            let count = target.remaining().min(this.buffers.output.len());
            target.put_slice(&this.buffers.output[..count]);
            this.buffers.output.advance(count);
            this.output_taken();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for GuestStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_send(context, bytes).map_err(broken)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush_guest(context).map_err(broken)
    }

    /// Ready when what was taken was handed to the server, or waits there for an answer. A stream that is dropped before
    /// its answer came has its statement stopped where that can be: who must have it done reads the answer first.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.finished {
            self.finish();
        }
        // Why a stream ended, its reader is told.
        self.poll_flush_guest(context).map(|_| Ok(()))
    }
}

fn broken(error: PoolError) -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, error)
}
