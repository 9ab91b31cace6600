//! Bytes between a client and its guest's stream, in both directions at once; knows no protocol.
//!
//! In the steady state a query is one read and one write on each side. What waits here is one chunk each way, of at most
//! 64 KiB; whoever does not take its bytes stops the other side's reading.

use crate::guest::GuestStream;
use crate::net::{Growing, MOST_BYTES, ServerStream};
use bytes::{Buf, Bytes, BytesMut};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;
use tokio::time::{Sleep, sleep};

/// Bytes on their way.
pub(super) struct Copy {
    from_client: BytesMut,
    reads: Growing,
    for_client: Bytes,
    unflushed: bool,
    /// The client sends nothing more, or nothing more is taken of it.
    finished: bool,
    half_closed: Duration,
    /// Since the client sends nothing more: when it is given up.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// Why the copying stops.
pub(super) enum Pause {
    /// The client begins encryption now; with these bytes, which were read already.
    Tls {
        /// The first bytes of its handshake.
        begun: Bytes,
    },
    /// The guest's stream has ended, and the client has everything.
    Over,
}

impl Copy {
    pub(super) fn new(from_client: BytesMut, half_closed: Duration) -> Self {
        Self {
            from_client,
            reads: Growing::new(),
            for_client: Bytes::new(),
            unflushed: false,
            finished: false,
            half_closed,
            deadline: None,
        }
    }

    /// Copies until there is a reason to stop. An error is the client's: its connection broke.
    pub(super) async fn run(
        &mut self,
        client: &mut ServerStream,
        guest: &mut GuestStream,
    ) -> io::Result<Pause> {
        poll_fn(|context| self.poll(context, client, guest)).await
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
        client: &mut ServerStream,
        guest: &mut GuestStream,
    ) -> Poll<io::Result<Pause>> {
        loop {
            let mut progress = self.poll_to_guest(context, client, guest)?;
            match self.poll_to_client(context, client, guest)? {
                Way::Ended => return Poll::Ready(Ok(Pause::Over)),
                Way::Moved => progress = true,
                Way::Waits => {}
            }
            if guest.tls_requested() && self.for_client.is_empty() && !self.unflushed {
                let mut begun = guest.tls_begun();
                begun.extend_from_slice(&self.from_client.split());
                return Poll::Ready(Ok(Pause::Tls { begun: begun.freeze() }));
            }
            if !progress {
                break;
            }
        }
        let deadline =
            self.deadline.as_mut().map_or(Poll::Pending, |deadline| deadline.as_mut().poll(context));
        deadline.map(|()| Ok(Pause::Over))
    }

    fn poll_to_guest(
        &mut self,
        context: &mut Context<'_>,
        client: &mut ServerStream,
        guest: &mut GuestStream,
    ) -> io::Result<bool> {
        let mut progress = false;
        if self.from_client.is_empty() && !self.finished && !guest.tls_pending() {
            match self.reads.poll_read(client, &mut self.from_client, context) {
                Poll::Ready(Ok(0)) => {
                    self.finished = true;
                    self.deadline = Some(Box::pin(sleep(self.half_closed)));
                    guest.finish();
                    progress = true;
                }
                Poll::Ready(Ok(_)) => progress = true,
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => {}
            }
        }
        while !self.from_client.is_empty() {
            match guest.poll_send(context, &self.from_client) {
                Poll::Ready(Ok(count)) => {
                    self.from_client.advance(count);
                    progress = true;
                }
                Poll::Ready(Err(_)) => {
                    // Why, the guest's stream says at its end; until then it may still have bytes for the client.
                    self.from_client.clear();
                    self.finished = true;
                    guest.finish();
                    progress = true;
                }
                Poll::Pending => break,
            }
        }
        Ok(progress)
    }

    fn poll_to_client(
        &mut self,
        context: &mut Context<'_>,
        client: &mut ServerStream,
        guest: &mut GuestStream,
    ) -> io::Result<Way> {
        let mut moved = Way::Waits;
        let mut client = Pin::new(client);
        if self.for_client.is_empty() && guest.poll_fill(context).is_ready() {
            match guest.take(MOST_BYTES) {
                Some(bytes) => self.for_client = bytes,
                None if self.unflushed => {}
                None => return Ok(Way::Ended),
            }
        }
        while !self.for_client.is_empty() {
            match client.as_mut().poll_write(context, &self.for_client)? {
                Poll::Ready(0) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(count) => {
                    self.for_client.advance(count);
                    self.unflushed = true;
                    moved = Way::Moved;
                }
                Poll::Pending => return Ok(moved),
            }
        }
        // Nothing of what was written is held: the guest's stream reads into the same memory again.
        self.for_client = Bytes::new();
        if self.unflushed && client.poll_flush(context)?.is_ready() {
            self.unflushed = false;
            moved = Way::Moved;
        }
        Ok(moved)
    }
}

/// What became of the bytes for the client.
enum Way {
    /// There are none, or the client does not take them.
    Waits,
    /// Some went.
    Moved,
    /// There will be no more.
    Ended,
}
