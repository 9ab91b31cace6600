//! Stopping a running query from outside, over a connection of its own; knows no guest.

use super::encrypt::encrypt;
use super::error::LoginFailure;
use super::facts::PostgresFacts;
use crate::endpoint::Endpoint;
use crate::error::PoolError;
use crate::net::Connector;
use bytes::{BufMut, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const CANCEL_REQUEST: u32 = 80_877_102;

/// Asks the server to stop what the session of `facts` does: see [`crate::protocol::WireProtocol::cancel`]. The server
/// closes the connection when it has sent the signal ("Canceling Requests in Progress"); it never answers.
pub(super) async fn cancel(
    connector: &dyn Connector,
    endpoint: &Endpoint,
    facts: &PostgresFacts,
) -> Result<(), PoolError> {
    let failure = LoginFailure(endpoint);
    if facts.cancel_secret.is_empty() {
        return Err(failure.unreachable("it named no key by which its queries can be stopped"));
    }
    let stream = connector.connect(&endpoint.server).await.map_err(|error| failure.unreachable(error))?;
    let mut stream = encrypt(stream, endpoint).await?.stream;
    let mut request = BytesMut::new();
    request.put_u32(12 + facts.cancel_secret.len() as u32);
    request.put_u32(CANCEL_REQUEST);
    request.put_u32(facts.process_id);
    request.extend_from_slice(&facts.cancel_secret);
    let sent = async {
        stream.write_all(&request).await?;
        stream.flush().await
    };
    sent.await.map_err(|error| failure.unreachable(error))?;
    // However the connection ends, the server has taken the request by then.
    let mut rest = [0; 256];
    match stream.read(&mut rest).await {
        Ok(0) | Err(_) => Ok(()),
        Ok(_) => Err(failure.not_postgres("it answered a request to cancel")),
    }
}
