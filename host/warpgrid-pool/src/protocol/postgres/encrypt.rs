//! TLS to the server, asked for by `SSLRequest` or begun at once; knows nothing of logins.

use super::error::LoginFailure;
use crate::endpoint::Endpoint;
use crate::error::PoolError;
use crate::net::{ServerAddress, ServerStream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The name of the protocol in a TLS handshake.
const ALPN: &[u8] = b"postgresql";
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// A connection with the encryption that the endpoint asks for.
pub(super) struct Channel {
    /// What goes through it is plain.
    pub(super) stream: ServerStream,
    /// Whether it is encrypted.
    pub(super) encrypted: bool,
    /// The channel binding `tls-server-end-point`, where there is one.
    pub(super) server_end_point: Option<Vec<u8>>,
}

/// Encrypts a fresh connection if the endpoint asks for it ("SSL Session Encryption" in PostgreSQL's protocol
/// chapter). There is no falling back to plain text, and bytes ahead of the handshake are refused (CVE-2021-23222).
pub(super) async fn encrypt(mut stream: ServerStream, endpoint: &Endpoint) -> Result<Channel, PoolError> {
    let failure = LoginFailure(endpoint);
    let Some(tls) = &endpoint.tls else {
        return Ok(Channel { stream, encrypted: false, server_end_point: None });
    };
    if !tls.direct() {
        ask(&mut stream, failure).await?;
    }
    let host = match &endpoint.server {
        ServerAddress::Tcp { host, .. } => host.as_str(),
        ServerAddress::Unix(_) => "localhost",
    };
    let alpn = tls.direct().then_some(ALPN);
    let encrypted = tls.handshake(stream, host, alpn).await.map_err(|error| failure.tls(error))?;
    Ok(Channel { stream: encrypted.stream, encrypted: true, server_end_point: encrypted.server_end_point })
}

async fn ask(stream: &mut ServerStream, failure: LoginFailure<'_>) -> Result<(), PoolError> {
    let broken = |error: std::io::Error| failure.unreachable(error);
    stream.write_all(&SSL_REQUEST).await.map_err(broken)?;
    stream.flush().await.map_err(broken)?;
    // One byte more than the answer has: what came ahead of the handshake would otherwise be seen too late.
    let mut answer = [0; 2];
    match (stream.read(&mut answer).await.map_err(broken)?, answer[0]) {
        (0, _) => Err(failure.unreachable("it closed the connection when asked for encryption")),
        (1, b'S') => Ok(()),
        (_, b'S') => Err(failure.tls("the server sent bytes ahead of the handshake")),
        (1, b'N') => Err(failure.tls("the server offers no encryption")),
        // Its text is not to be trusted: nobody has proven who says it (CVE-2024-10977).
        (_, b'E') => Err(failure.tls("the server answered with an error when asked for encryption")),
        _ => Err(failure.not_postgres("it answered neither yes nor no when asked for encryption")),
    }
}
