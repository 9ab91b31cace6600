//! A session as if nobody had used it; knows no guest.
//!
//! | what a guest may have left | what undoes it |
//! |---|---|
//! | `MULTI`, `WATCH`, subscriptions, `CLIENT TRACKING`, RESP3, `READONLY`, `ASKING`, the client's name | `RESET` (Redis 6.2) |
//! | another database | `SELECT` |
//! | the login | `RESET` undoes it, so the host logs in again |
//!
//! Messages of subscriptions may come until `RESET` is answered; they are read and dropped. A server without `RESET`
//! answers an error: its sessions are never used twice.

use super::command::encode;
use super::login::{Answers, commands};
use crate::net::ServerStream;
use crate::protocol::{LoginRequest, SessionFailure, Tracker};
use std::io;
use tokio::io::AsyncWriteExt;
use zeroize::Zeroizing;

/// How many bytes are read at once.
pub(super) const READ_BYTES: usize = 1024;

/// How many messages of subscriptions are dropped before the session is.
const MAX_MESSAGES: usize = 10_000;

/// Resets in one round trip.
pub(super) async fn reset(
    stream: &mut ServerStream,
    tracker: &mut dyn Tracker,
    request: LoginRequest<'_>,
) -> Result<(), SessionFailure> {
    let commands = commands(request.endpoint);
    let mut bytes = Zeroizing::new(Vec::new());
    encode(&[b"RESET"], &mut bytes);
    for words in &commands {
        encode(words, &mut bytes);
    }
    stream.write_all(&bytes).await?;
    stream.flush().await?;
    let mut answers = Answers::new();
    let mut dropped = 0;
    loop {
        let answer = next(&mut answers, stream).await?;
        match answer.first() {
            _ if answer == b"+RESET\r\n" => break,
            Some(b'*' | b'>') if dropped < MAX_MESSAGES => dropped += 1,
            Some(b'-') => return Err(SessionFailure::Unexpected("an error to RESET")),
            _ => return Err(SessionFailure::Unexpected("something else than RESET")),
        }
    }
    for words in &commands {
        let answer = next(&mut answers, stream).await?;
        let expected: &[u8] = if words[0] == b"PING" { b"+PONG\r\n" } else { b"+OK\r\n" };
        if answer != expected {
            return Err(SessionFailure::Unexpected("an error to the login after RESET"));
        }
    }
    if !answers.is_empty() {
        return Err(SessionFailure::Unexpected("more than was asked"));
    }
    tracker.renew();
    Ok(())
}

pub(super) async fn next(
    answers: &mut Answers,
    stream: &mut ServerStream,
) -> Result<Vec<u8>, SessionFailure> {
    answers.next(stream).await.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => SessionFailure::Unexpected("what is not RESP"),
        _ => error.into(),
    })
}
