//! Whether a MySQL session lives; knows no guest.

use super::frame::{read_packet, write_packet};
use super::packet::{COM_PING, OK};
use crate::net::ServerStream;
use crate::protocol::SessionFailure;

/// The largest packet that may be the answer: an error is the longest.
const MAX_ANSWER: usize = 1024;

/// Asks by `COM_PING` and reads the whole answer.
pub(super) async fn ping(stream: &mut ServerStream) -> Result<(), SessionFailure> {
    write_packet(stream, 0, &[COM_PING]).await?;
    let (sequence, payload) = read_packet(stream, MAX_ANSWER).await?;
    match (sequence, payload.first()) {
        (1, Some(&OK)) => Ok(()),
        (1, _) => Err(SessionFailure::Unexpected("an error to COM_PING")),
        _ => Err(SessionFailure::Unexpected("something that nobody asked for, before COM_PING")),
    }
}
