//! Bytes between a guest and its session, and when that ends; knows no door and no login.
//!
//! A query in the steady state is one look of the tracker and one write to the server's stream, then one read and one look
//! of the tracker. What the stream does not take at once is kept ([`Buffers`]) and goes out first, whoever polls next;
//! until then nothing more is taken of the guest. Reading stops while the guest has bytes to take.

use super::buffers::Buffers;
use super::wakers::Wakers;
use super::way::{Ending, Target, Way};
use crate::error::{Loss, PoolError};
use crate::guard::Guard;
use crate::protocol::WireProtocol;
use crate::session::Session;
use std::mem;
use std::task::{Context, Poll, Waker};

/// So many bytes of a frame or an answer that is not whole are progress. Who moves less has the time of one who moves
/// nothing: a byte now and then does not keep a session.
const PROGRESS_BYTES: usize = 4 * 1024;

/// A guest that has a session.
pub(super) struct Passing {
    guard: Guard,
    way: Way,
    /// Whether the guest asked for bytes and there were none.
    reader_waits: bool,
    /// What the guard was last told of that.
    told_waiting: bool,
    /// Whether the guest could not send.
    writer_waits: bool,
    /// Bytes that passed since the guard was last told of any.
    moved: usize,
}

/// What a session is at, after a look at it.
struct Seen {
    busy: bool,
    in_guest_frame: bool,
}

impl Seen {
    fn new(session: &Session) -> Self {
        let tracker = &session.tracker;
        Self { busy: tracker.is_busy(), in_guest_frame: tracker.in_guest_frame() }
    }

    /// Whether the guest can expect bytes of the server.
    fn owed(&self) -> bool {
        self.busy && !self.in_guest_frame
    }
}

impl Passing {
    pub(super) fn new(guard: Guard, finished: bool) -> Self {
        Self {
            guard,
            way: Way { finished, ..Way::default() },
            reader_waits: false,
            told_waiting: false,
            writer_waits: false,
            moved: 0,
        }
    }

    /// Takes bytes of the guest; ready with how many.
    pub(super) fn poll_send(
        &mut self,
        buffers: &mut Buffers,
        wakers: &Wakers,
        waker: &Waker,
        bytes: &[u8],
    ) -> Poll<Result<usize, Ending>> {
        let silent = buffers.output.is_empty();
        let ((sent, within), seen) = self.with_session(|way, session| {
            let within = session.tracker.in_guest_frame();
            let sent = way.send(session, buffers, &mut Context::from_waker(waker), bytes);
            way.look_for_end(session, buffers);
            (sent, within)
        })?;
        if self.is_over() || (silent && !buffers.output.is_empty()) {
            wakers.wake_reader();
        }
        self.writer_waits = sent.is_pending();
        match sent {
            Poll::Ready(Ok(count)) => {
                self.moved += count;
                let between = within && seen.in_guest_frame;
                if count > 0 && (!between || self.told_waiting || self.moved >= PROGRESS_BYTES) {
                    self.tell(self.reader_waits && seen.owed());
                }
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Err(ending)) => Poll::Ready(Err(self.end(ending))),
            Poll::Pending => {
                if seen.in_guest_frame && buffers.owes_server() && !self.told_waiting {
                    self.tell(true);
                }
                self.wait(false, waker)
            }
        }
    }

    /// Ready when all that was taken is with the server, or waits for a reason of the protocol.
    pub(super) fn poll_flush(&mut self, buffers: &mut Buffers, waker: &Waker) -> Poll<Result<(), Ending>> {
        let (pumped, _) = self.with_session(|way, session| {
            let pumped = way.pump(session, buffers, &mut Context::from_waker(waker));
            way.look_for_end(session, buffers);
            pumped
        })?;
        match pumped {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
            Poll::Ready(Err(ending)) => Poll::Ready(Err(self.end(ending))),
            Poll::Pending => self.wait(false, waker),
        }
    }

    /// Gets bytes for the guest, by one read; ready when there are some. The caller has looked into the output.
    pub(super) fn poll_fill(
        &mut self,
        buffers: &mut Buffers,
        wakers: &Wakers,
        waker: &Waker,
        target: Target<'_, '_>,
    ) -> Poll<Result<(), Ending>> {
        let held = self.way.held;
        let (filled, seen) = self.with_session(|way, session| {
            let filled = way.fill(session, buffers, &mut Context::from_waker(waker), target);
            way.look_for_end(session, buffers);
            filled
        })?;
        if self.writer_waits && (held != self.way.held || !buffers.owes_server()) {
            self.writer_waits = false;
            wakers.wake_writer();
        }
        match filled {
            Poll::Ready(Ok(())) => {
                self.moved += mem::take(&mut self.way.read_bytes);
                let waited = mem::take(&mut self.reader_waits);
                if waited || self.told_waiting || !seen.busy || self.moved >= PROGRESS_BYTES {
                    self.tell(false);
                }
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(ending)) => Poll::Ready(Err(self.end(ending))),
            Poll::Pending => {
                self.reader_waits = true;
                // Somebody else may wait to send.
                if !seen.in_guest_frame && seen.owed() != self.told_waiting {
                    self.tell(seen.owed());
                }
                self.wait(true, waker)
            }
        }
    }

    /// Whether the guest said goodbye and has all its answers.
    pub(super) fn is_over(&self) -> bool {
        self.way.over
    }

    /// The guest sends nothing more.
    pub(super) fn finish(&mut self, buffers: &mut Buffers) {
        self.way.finished = true;
        if let Some(session) = self.guard.session().as_mut() {
            self.way.look_for_end(session, buffers);
        }
    }

    /// The guest took bytes out of the output.
    pub(super) fn output_taken(&mut self, wakers: &Wakers) {
        if mem::take(&mut self.writer_waits) {
            wakers.wake_writer();
        }
    }

    /// The guest goes. A session that got a part of what its tracker counts as sent is lost.
    pub(super) fn leave(&self, buffers: &Buffers) {
        if self.way.deaf {
            self.guard.destroy(Way::CLOSED);
        } else if buffers.owes_server() {
            self.guard.destroy("the guest left in the middle of a write");
        }
    }

    /// One look at the session, and what it is at then.
    fn with_session<T>(
        &mut self,
        look: impl FnOnce(&mut Way, &mut Session) -> T,
    ) -> Result<(T, Seen), Ending> {
        let mut slot = self.guard.session();
        if let Some(session) = slot.as_mut() {
            let result = look(&mut self.way, session);
            return Ok((result, Seen::new(session)));
        }
        drop(slot);
        // Nobody takes a session out of its slot without saying why.
        Err(Ending::Lost(self.guard.ended().unwrap_or(Loss::Drained)))
    }

    /// Wakes somebody also when the session is taken away.
    fn wait<T>(&self, reading: bool, waker: &Waker) -> Poll<T> {
        self.guard.register(reading, waker);
        Poll::Pending
    }

    fn tell(&mut self, waits: bool) {
        self.told_waiting = waits;
        self.moved = 0;
        self.guard.progress(waits);
    }

    fn end(&self, ending: Ending) -> Ending {
        if let Ending::Lost(loss) = ending {
            self.guard.destroy(loss.reason());
        }
        ending
    }

    /// The session is lost: what the guest is told behind all that passed for it, if there is a place for that.
    pub(super) fn put_last_words(
        &self,
        wire: &dyn WireProtocol,
        loss: Loss,
        error: &PoolError,
        buffers: &mut Buffers,
    ) {
        if let Some(gap) = self.guard.gap() {
            let text = loss.text(error, self.guard.options());
            wire.last_words(self.guard.facts(), gap, loss, &text, &mut buffers.output);
        }
    }
}
