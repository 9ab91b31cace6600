//! Bytes that wait in a guest's stream, in both directions; decides nothing.

use crate::net::{Growing, MOST_BYTES, ServerStream};
use crate::protocol::MAX_HELD_BYTES;
use bytes::{Buf, Bytes, BytesMut};
use std::io;
use std::task::{Context, Poll};

/// The most bytes that wait for the guest; reading from the server stops there.
pub const READ_BUFFER_BYTES: usize = MOST_BYTES;

/// What waits. Together at most 128 KiB: [`READ_BUFFER_BYTES`] for the guest and [`MAX_HELD_BYTES`] of it.
pub(super) struct Buffers {
    /// Goes to the server ahead of the input: what a tracker puts in the place of bytes of the guest.
    pub(super) replacement: Bytes,
    /// Bytes of the guest. The first [`Buffers::approved`] of them go to the server as they are, the others nobody has
    /// decided about yet.
    pub(super) input: BytesMut,
    /// What the tracker already counts as sent.
    pub(super) approved: usize,
    /// Whether the server's stream may hold back bytes that it took (encryption).
    pub(super) unflushed: bool,
    /// Bytes for the guest.
    pub(super) output: BytesMut,
    reads: Growing,
}

impl Buffers {
    pub(super) fn new() -> Self {
        Self {
            replacement: Bytes::new(),
            input: BytesMut::new(),
            approved: 0,
            unflushed: false,
            output: BytesMut::new(),
            reads: Growing::new(),
        }
    }

    /// How many more bytes of the guest can wait.
    pub(super) fn input_room(&self) -> usize {
        MAX_HELD_BYTES.saturating_sub(self.input.len())
    }

    /// Keeps bytes of the guest; the caller asked for the room.
    pub(super) fn keep(&mut self, bytes: &[u8]) {
        let needed = self.input.len() + bytes.len();
        if self.input.capacity() < needed {
            // Moved by hand: `reserve` may allocate twice what is needed, and the limit is a promise.
            let mut larger = BytesMut::with_capacity(needed.next_power_of_two());
            larger.extend_from_slice(&self.input);
            self.input = larger;
        }
        self.input.extend_from_slice(bytes);
    }

    /// Drops the first bytes of the input, and its memory when nothing is left.
    pub(super) fn consume(&mut self, count: usize) {
        if count < self.input.len() {
            self.input.advance(count);
        } else {
            self.input = BytesMut::new();
        }
    }

    /// Whether the guest must take bytes before more can wait for it.
    pub(super) fn output_is_full(&self) -> bool {
        self.output.len() >= READ_BUFFER_BYTES
    }

    /// Whether there are bytes that the tracker counts as sent and the server may not have.
    pub(super) fn owes_server(&self) -> bool {
        self.approved > 0 || !self.replacement.is_empty() || self.unflushed
    }

    /// Forgets everything of the guest's.
    pub(super) fn forget_input(&mut self) {
        self.replacement = Bytes::new();
        self.input = BytesMut::new();
        self.approved = 0;
        self.unflushed = false;
    }

    /// One read into the output; ready with how many bytes came, 0 at the end. Pending without asking when the output
    /// has no room.
    pub(super) fn poll_read_output(
        &mut self,
        stream: &mut ServerStream,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        self.reads.poll_read(stream, &mut self.output, context)
    }
}
