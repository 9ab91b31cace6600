//! Whether an idle session lives; knows no guest.

use super::login::Answers;
use super::reset::next;
use crate::net::ServerStream;
use crate::protocol::SessionFailure;
use tokio::io::AsyncWriteExt;

/// Sends `PING` and reads `PONG`.
pub(super) async fn ping(stream: &mut ServerStream) -> Result<(), SessionFailure> {
    stream.write_all(b"*1\r\n$4\r\nPING\r\n").await?;
    stream.flush().await?;
    let mut answers = Answers::new();
    let answer = next(&mut answers, stream).await?;
    if answer == b"+PONG\r\n" && answers.is_empty() {
        Ok(())
    } else {
        Err(SessionFailure::Unexpected("something else than PONG"))
    }
}
