//! Stopping a running query from outside, by `KILL QUERY` over a connection of its own; knows no guest's numbers.

use super::facts::MysqlFacts;
use super::frame::{read_packet, write_packet};
use super::login::{MAX_LOGIN_BYTES, login, unreachable};
use super::packet::{COM_QUERY, COM_QUIT, OK, ServerError};
use crate::endpoint::Endpoint;
use crate::error::PoolError;
use crate::key::StartupSet;
use crate::net::Connector;
use crate::protocol::LoginRequest;

/// The thread is not there any more: nothing is left to be stopped.
const NO_SUCH_THREAD: u16 = 1094;

/// Asks the server to stop what a session does, and waits until it has taken that.
pub(super) async fn cancel(
    connector: &dyn Connector,
    endpoint: &Endpoint,
    facts: &MysqlFacts,
) -> Result<(), PoolError> {
    let failed = |error: std::io::Error| unreachable(endpoint, error.to_string());
    let stream = connector.connect(&endpoint.server).await.map_err(failed)?;
    let startup = StartupSet::default();
    let mut stream = login(stream, LoginRequest { endpoint, startup: &startup }).await?.stream;
    let mut command = vec![COM_QUERY];
    command.extend_from_slice(format!("KILL QUERY {}", facts.thread).as_bytes());
    write_packet(&mut stream, 0, &command).await.map_err(failed)?;
    let (_, answer) = read_packet(&mut stream, MAX_LOGIN_BYTES).await.map_err(failed)?;
    // The server ends the connection without it as well.
    let _ = write_packet(&mut stream, 0, &[COM_QUIT]).await;
    match ServerError::parse(&answer) {
        None if answer.first() == Some(&OK) => Ok(()),
        Some(error) if error.code == NO_SUCH_THREAD => Ok(()),
        Some(error) => Err(unreachable(endpoint, format!("it would not stop a query: {error}"))),
        None => Err(unreachable(endpoint, "its answer to `KILL QUERY` is not known".into())),
    }
}
