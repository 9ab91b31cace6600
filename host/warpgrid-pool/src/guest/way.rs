//! The way of bytes while the session is locked: what the tracker says of them, one write, one read; wakes nobody.

use super::buffers::Buffers;
use crate::error::Loss;
use crate::protocol::{GuestStep, Violation};
use crate::session::Session;
use bytes::{Buf, BufMut, Bytes};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Where the passing of bytes stands.
#[derive(Default)]
pub(super) struct Way {
    /// What keeps the input from being decided about.
    pub(super) held: Held,
    /// The guest said goodbye; this is the last it gets.
    pub(super) farewell: Option<Bytes>,
    /// The guest sends nothing more.
    pub(super) finished: bool,
    /// The server takes nothing more; what it said before may still be read.
    pub(super) deaf: bool,
    /// The guest said goodbye or sends nothing more, and has all its answers.
    pub(super) over: bool,
    /// Bytes that were read of the server; whoever counts them takes them out.
    pub(super) read_bytes: usize,
}

/// What keeps the input from being decided about.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Held {
    /// Nothing does.
    #[default]
    Nothing,
    /// More bytes of the guest than these are needed.
    More(usize),
    /// Bytes of the server are needed.
    Answers,
}

/// How the passing of bytes ended.
pub(super) enum Ending {
    /// Nothing more is taken of the guest, but there may be something for it.
    NotTaken(&'static str),
    /// The session is gone, or must not be used any more.
    Lost(Loss),
}

/// Where bytes of the server go.
pub(super) enum Target<'a, 'b> {
    /// Into the buffer.
    Output,
    /// To the guest itself.
    Guest(&'a mut ReadBuf<'b>),
}

impl Way {
    pub(super) const CLOSED: &'static str = Loss::ServerClosed.reason();
    const GOODBYE: &'static str = "the guest said goodbye";

    pub(super) fn send(
        &mut self,
        session: &mut Session,
        buffers: &mut Buffers,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Ending>> {
        let pumped = self.pump(session, buffers, context)?;
        if self.farewell.is_some() || self.over {
            return Poll::Ready(Err(Ending::NotTaken(Self::GOODBYE)));
        }
        if self.deaf {
            return Poll::Ready(Err(Ending::NotTaken(Self::CLOSED)));
        }
        ready!(pumped);
        // A guest may send all before it reads anything, as far as the buffers of a direct connection go: the answers
        // that the tracker waits for are fetched for it.
        while self.held == Held::Answers && buffers.input_room() == 0 {
            ready!(self.read(session, buffers, context, Target::Output))?;
            ready!(self.pump(session, buffers, context))?;
        }
        let bytes = &bytes[..bytes.len().min(buffers.input_room())];
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        if buffers.output_is_full() {
            return Poll::Pending;
        }
        if buffers.input.is_empty() {
            let step = session.tracker.from_guest(bytes).map_err(broken)?;
            if let GuestStep::Forward(count) = step
                && count > 0
            {
                return self.forward(session, buffers, context, &bytes[..count.min(bytes.len())]);
            }
            buffers.keep(bytes);
            self.take_step(step, buffers)?;
        } else {
            buffers.keep(bytes);
        }
        let _ = self.pump(session, buffers, context)?;
        Poll::Ready(Ok(bytes.len()))
    }

    /// The usual case: one write, from the guest's own memory.
    fn forward(
        &mut self,
        session: &mut Session,
        buffers: &mut Buffers,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Ending>> {
        let mut stream = Pin::new(&mut session.stream);
        let written = match stream.as_mut().poll_write(context, bytes) {
            Poll::Ready(Ok(written)) if written > 0 => written,
            Poll::Ready(_) => {
                self.deafen(buffers);
                return Poll::Ready(Err(Ending::NotTaken(Self::CLOSED)));
            }
            Poll::Pending => 0,
        };
        if written < bytes.len() {
            buffers.approved = bytes.len() - written;
            buffers.keep(&bytes[written..]);
        }
        buffers.unflushed = !matches!(stream.poll_flush(context), Poll::Ready(Ok(())));
        Poll::Ready(Ok(bytes.len()))
    }

    /// Hands the server what it is owed, and decides about what is kept. Ready when that is done as far as the protocol
    /// allows.
    pub(super) fn pump(
        &mut self,
        session: &mut Session,
        buffers: &mut Buffers,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Ending>> {
        loop {
            if buffers.owes_server() && ready!(write_owed(session, buffers, context)).is_err() {
                self.deafen(buffers);
            }
            let stays = match self.held {
                Held::Nothing => buffers.input.is_empty(),
                Held::More(length) => buffers.input.len() <= length,
                Held::Answers => true,
            };
            if stays {
                return Poll::Ready(Ok(()));
            }
            if buffers.output_is_full() {
                return Poll::Pending;
            }
            let step = session.tracker.from_guest(&buffers.input).map_err(broken)?;
            self.take_step(step, buffers)?;
        }
    }

    /// Does with the input what the tracker says.
    fn take_step(&mut self, step: GuestStep, buffers: &mut Buffers) -> Result<(), Ending> {
        self.held = Held::Nothing;
        match step {
            GuestStep::Forward(count) if count > 0 => buffers.approved = count.min(buffers.input.len()),
            GuestStep::Replace { consumed, bytes } => {
                buffers.consume(consumed);
                buffers.replacement = bytes;
            }
            GuestStep::Answer { consumed, bytes } => {
                buffers.consume(consumed);
                buffers.output.put(bytes);
            }
            GuestStep::Hold | GuestStep::Forward(_) if buffers.input_room() == 0 => {
                return Err(broken(Violation("more than 64 KiB that cannot be decided about")));
            }
            GuestStep::Hold | GuestStep::Forward(_) => self.held = Held::More(buffers.input.len()),
            GuestStep::Wait => self.held = Held::Answers,
            GuestStep::Goodbye { bytes, .. } => {
                buffers.forget_input();
                self.farewell = Some(bytes);
            }
        }
        Ok(())
    }

    /// One read, if there is nothing else for the guest.
    pub(super) fn fill(
        &mut self,
        session: &mut Session,
        buffers: &mut Buffers,
        context: &mut Context<'_>,
        target: Target<'_, '_>,
    ) -> Poll<Result<(), Ending>> {
        let _ = self.pump(session, buffers, context)?;
        self.look_for_end(session, buffers);
        if self.over || !buffers.output.is_empty() {
            return Poll::Ready(Ok(()));
        }
        ready!(self.read(session, buffers, context, target))?;
        // What waited for these bytes goes on now: nobody may poll again before the guest has read them.
        let _ = self.pump(session, buffers, context)?;
        Poll::Ready(Ok(()))
    }

    /// A guest that leaves may still have answers to come: they are its own, and the session is known only after them.
    pub(super) fn look_for_end(&mut self, session: &Session, buffers: &mut Buffers) {
        let sent = !buffers.owes_server() && (buffers.input.is_empty() || matches!(self.held, Held::More(_)));
        let leaves = self.farewell.is_some() || (self.finished && sent);
        if leaves && sent && (!session.tracker.is_busy() || session.tracker.in_guest_frame()) {
            if let Some(farewell) = self.farewell.take() {
                buffers.output.put(farewell);
            }
            self.over = true;
        }
    }

    /// One read, seen by the tracker.
    fn read(
        &mut self,
        session: &mut Session,
        buffers: &mut Buffers,
        context: &mut Context<'_>,
        target: Target<'_, '_>,
    ) -> Poll<Result<(), Ending>> {
        let Session { stream, tracker, .. } = session;
        let seen = match target {
            Target::Output => {
                let before = buffers.output.len();
                match ready!(buffers.poll_read_output(stream, context)) {
                    Ok(0) | Err(_) => return Poll::Ready(Err(Ending::Lost(Loss::ServerClosed))),
                    Ok(_) => {}
                }
                self.read_bytes += buffers.output.len() - before;
                let seen = tracker.from_server(&buffers.output[before..]);
                if seen.is_err() {
                    buffers.output.truncate(before);
                }
                seen
            }
            Target::Guest(target) => {
                let before = target.filled().len();
                match ready!(Pin::new(stream).poll_read(context, target)) {
                    Ok(()) if target.filled().len() > before => {}
                    Ok(()) | Err(_) => return Poll::Ready(Err(Ending::Lost(Loss::ServerClosed))),
                }
                self.read_bytes += target.filled().len() - before;
                let seen = tracker.from_server(&target.filled()[before..]);
                if seen.is_err() {
                    target.set_filled(before);
                }
                seen
            }
        };
        if seen.is_err() {
            return Poll::Ready(Err(Ending::Lost(Loss::ServerViolation)));
        }
        if self.held == Held::Answers {
            self.held = Held::Nothing;
        }
        Poll::Ready(Ok(()))
    }

    /// Writing failed. What the server said before (why it closes, often) can still be read.
    fn deafen(&mut self, buffers: &mut Buffers) {
        self.deaf = true;
        self.held = Held::Nothing;
        buffers.forget_input();
    }
}

fn broken(violation: Violation) -> Ending {
    Ending::Lost(Loss::Violation(violation.0))
}

/// Writes what the tracker counts as sent.
fn write_owed(
    session: &mut Session,
    buffers: &mut Buffers,
    context: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    let mut stream = Pin::new(&mut session.stream);
    while !buffers.replacement.is_empty() {
        let written = ready!(stream.as_mut().poll_write(context, &buffers.replacement))?;
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        buffers.replacement.advance(written);
        buffers.unflushed = true;
    }
    while buffers.approved > 0 {
        let written = ready!(stream.as_mut().poll_write(context, &buffers.input[..buffers.approved]))?;
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        buffers.approved -= written;
        buffers.consume(written);
        buffers.unflushed = true;
    }
    if buffers.unflushed {
        ready!(stream.poll_flush(context))?;
        buffers.unflushed = false;
    }
    Poll::Ready(Ok(()))
}
