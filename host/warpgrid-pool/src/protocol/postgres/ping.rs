//! Whether a session lives: an empty query; knows no guest.

use super::messages::Messages;
use crate::net::ServerStream;
use crate::protocol::SessionFailure;
use tokio::io::AsyncWriteExt;

const EMPTY_QUERY: &[u8] = b"Q\0\0\0\x05\0";

/// Asks an idle session whether it lives: see [`crate::protocol::WireProtocol::ping`]. A parameter that the server
/// reports meanwhile is a failure: the session would greet its next guest with the old value.
pub(super) async fn ping(stream: &mut ServerStream) -> Result<(), SessionFailure> {
    stream.write_all(EMPTY_QUERY).await?;
    stream.flush().await?;
    let mut messages = Messages::new();
    let mut answered = false;
    loop {
        let message = messages.next(stream).await?;
        match message.tag {
            b'I' if !answered => answered = true,
            b'Z' if answered && message.body() == b"I" => break,
            b'N' => {}
            b'S' => return Err(SessionFailure::Unexpected("that a parameter has changed")),
            b'E' => return Err(SessionFailure::Unexpected("an error to the ping")),
            _ => return Err(SessionFailure::Unexpected("something else to the ping")),
        }
    }
    if messages.is_drained() {
        Ok(())
    } else {
        Err(SessionFailure::Unexpected("more than the ping asked for"))
    }
}
