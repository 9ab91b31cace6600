//! Whole messages of the server, within bounds; for logins, resets and pings, where the host itself is the client.

use super::frame::{Frames, Part};
use crate::net::ServerStream;
use crate::protocol::{SessionFailure, Violation};
use bytes::{Bytes, BytesMut};
use std::io;
use tokio::io::AsyncReadExt;

/// The longest message the host reads as a whole, after its tag.
const MESSAGE_LIMIT: u32 = 64 * 1024;
/// The most bytes the host reads of one dialogue (a login, a reset, a ping).
const DIALOGUE_LIMIT: usize = 1024 * 1024;

/// A message of the server.
pub(super) struct Message {
    /// What kind of message it is.
    pub(super) tag: u8,
    /// All its bytes, header included.
    pub(super) frame: Bytes,
}

impl Message {
    /// The bytes after the header.
    pub(super) fn body(&self) -> &[u8] {
        self.frame.get(5..).unwrap_or_default()
    }
}

/// Why no message could be read.
#[derive(Debug)]
pub(super) enum ReadFailure {
    /// The connection broke.
    Io(io::Error),
    /// The server does not speak the protocol, or says more than the host reads.
    Violation(Violation),
}

impl From<ReadFailure> for SessionFailure {
    fn from(failure: ReadFailure) -> Self {
        match failure {
            ReadFailure::Io(error) => Self::Io(error),
            ReadFailure::Violation(Violation(what)) => Self::Unexpected(what),
        }
    }
}

/// The messages of one dialogue.
pub(super) struct Messages {
    buffer: BytesMut,
    left: usize,
}

impl Messages {
    /// None read yet.
    pub(super) fn new() -> Self {
        Self { buffer: BytesMut::new(), left: DIALOGUE_LIMIT }
    }

    /// Whether every byte that was read belongs to a message that was given out.
    pub(super) fn is_drained(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The next message.
    pub(super) async fn next(&mut self, stream: &mut ServerStream) -> Result<Message, ReadFailure> {
        loop {
            if let Some(message) = self.take().map_err(ReadFailure::Violation)? {
                return Ok(message);
            }
            if self.left == 0 {
                return Err(ReadFailure::Violation(Violation("more than the host reads at once")));
            }
            self.buffer.reserve(4096);
            let read = stream.read_buf(&mut self.buffer).await.map_err(ReadFailure::Io)?;
            if read == 0 {
                return Err(ReadFailure::Io(io::ErrorKind::UnexpectedEof.into()));
            }
            self.left = self.left.saturating_sub(read);
        }
    }

    fn take(&mut self) -> Result<Option<Message>, Violation> {
        let Some(mut header) = self.buffer.get(..5) else { return Ok(None) };
        let Some(Part::Header(header)) = Frames::new(MESSAGE_LIMIT).next(&mut header)? else {
            return Ok(None);
        };
        let length = 5 + header.body as usize;
        if self.buffer.len() < length {
            return Ok(None);
        }
        Ok(Some(Message { tag: header.tag, frame: self.buffer.split_to(length).freeze() }))
    }
}
