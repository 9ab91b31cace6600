//! A session as if nobody had used it since its login; knows no guest.
//!
//! One round trip: `ROLLBACK` if a transaction is open (`DISCARD ALL` is refused in one), `DISCARD ALL`, `RESET ROLE`,
//! `SET seed`. All go out in one write, each as a `Query` of its own, because `DISCARD ALL` cannot stand among others.
//!
//! | what a guest left | what undoes it |
//! |---|---|
//! | an open or a failed transaction, savepoints, portals, `SET LOCAL`, large objects, locks | `ROLLBACK` |
//! | parameters (`SET`), also those that the start-up message gave: they go back to its values | `DISCARD ALL` |
//! | `SET SESSION AUTHORIZATION`, `SET ROLE` | `DISCARD ALL` |
//! | a role given by `ALTER ROLE … SET role` or `options`, which `DISCARD ALL` takes away | `RESET ROLE` |
//! | prepared statements, by `PREPARE` and by the protocol | `DISCARD ALL` |
//! | cursors `WITH HOLD` | `DISCARD ALL` |
//! | `LISTEN`, and notifications that wait | `DISCARD ALL`; what is on its way is read here |
//! | advisory locks of the session | `DISCARD ALL` |
//! | temporary tables and other temporary objects | `DISCARD ALL` |
//! | `currval`, `lastval`, cached numbers of sequences | `DISCARD ALL` |
//! | cached plans | `DISCARD ALL` |
//! | `setseed` | `SET seed`, to a number nobody knows |
//! | the text of the last query in `pg_stat_activity` | the queries of the reset |
//!
//! Not undone, because the server has no command for it and the headers do not show it: libraries loaded by `LOAD`,
//! global variables of procedural languages (`GD` of PL/Python, `%_SHARED` of PL/Perl), named connections of `dblink`,
//! temporary replication slots and a replication origin (both need the right to replicate), and the *names* (not the
//! values) of parameters that no extension defines. They stay within one tenant, as sessions do.

use super::error::ServerError;
use super::messages::Messages;
use crate::net::ServerStream;
use crate::protocol::{GuestStep, SessionFailure, Tracker, Verdict};
use bytes::BytesMut;
use postgres_protocol::message::frontend;
use std::io;
use tokio::io::AsyncWriteExt;

/// `undefined_object`: servers that are PostgreSQL by protocol only may not know the parameter `seed`.
const UNKNOWN_PARAMETER: &str = "42704";

/// Resets a session: see [`crate::protocol::WireProtocol::reset`].
pub(super) async fn reset(
    stream: &mut ServerStream,
    tracker: &mut dyn Tracker,
) -> Result<(), SessionFailure> {
    let (queries, count) = queries(tracker.in_transaction())?;
    if tracker.verdict() != Verdict::Reset {
        return Err(SessionFailure::Unexpected("less than it owed"));
    }
    let step = tracker.from_guest(&queries).map_err(|violation| SessionFailure::Unexpected(violation.0))?;
    if step != GuestStep::Forward(queries.len()) {
        return Err(SessionFailure::Unexpected("less than it owed"));
    }
    stream.write_all(&queries).await?;
    stream.flush().await?;
    let mut messages = Messages::new();
    let mut done = 0;
    while done < count {
        let message = messages.next(stream).await?;
        tracker.from_server(&message.frame).map_err(|violation| SessionFailure::Unexpected(violation.0))?;
        match message.tag {
            b'Z' if message.body() == b"I" => done += 1,
            b'Z' => return Err(SessionFailure::Unexpected("that a transaction is open after the reset")),
            b'C' | b'A' | b'N' | b'S' => {}
            b'E' if done + 1 == count && ServerError::read(message.body()).code == UNKNOWN_PARAMETER => {}
            b'E' => return Err(SessionFailure::Unexpected("an error to the reset")),
            _ => return Err(SessionFailure::Unexpected("something else to the reset")),
        }
    }
    if !messages.is_drained() {
        return Err(SessionFailure::Unexpected("more than the reset asked for"));
    }
    match tracker.renew() {
        Verdict::Reset => Ok(()),
        Verdict::Destroy(reason) => Err(SessionFailure::Unexpected(reason)),
    }
}

/// The queries of a reset, and how many there are. The last may fail for [`UNKNOWN_PARAMETER`].
fn queries(in_transaction: bool) -> io::Result<(BytesMut, usize)> {
    let random = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
    // 53 bits, as many as a double holds, from -1 to 1.
    let seed = (random >> 11) as f64 / (1u64 << 52) as f64 - 1.0;
    let seed = format!("SET seed TO {seed}");
    let rollback = in_transaction.then_some("ROLLBACK");
    let all = rollback.into_iter().chain(["DISCARD ALL", "RESET ROLE", &seed]);
    let mut bytes = BytesMut::new();
    let mut count = 0;
    for query in all {
        frontend::query(query, &mut bytes)?;
        count += 1;
    }
    Ok((bytes, count))
}
