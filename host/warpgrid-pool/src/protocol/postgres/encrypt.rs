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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::postgres::login_tests::endpoint;
    use tokio::io::duplex;

    /// What the host makes of a server's answer to `SSLRequest`.
    async fn asked(answer: &'static [u8]) -> Result<(), PoolError> {
        let (ours, mut theirs) = duplex(64);
        theirs.write_all(answer).await.unwrap();
        theirs.shutdown().await.unwrap();
        let mut stream: ServerStream = Box::new(ours);
        let said = ask(&mut stream, LoginFailure(&endpoint())).await;
        let mut request = [0; 8];
        theirs.read_exact(&mut request).await.unwrap();
        assert_eq!(request, SSL_REQUEST);
        said
    }

    #[tokio::test]
    async fn a_server_that_offers_no_encryption_is_not_spoken_to_in_plain_text() {
        assert_eq!(asked(b"S").await, Ok(()));
        for answer in [&b"N"[..], b"E\0\0\0\x05\0", b"E"] {
            assert!(matches!(asked(answer).await, Err(PoolError::Tls { .. })), "{answer:?}");
        }
        assert!(matches!(asked(b"").await, Err(PoolError::Unreachable { .. })));
        for answer in [&b"H"[..], b"NN", b"\x16\x03"] {
            assert!(matches!(asked(answer).await, Err(PoolError::NotThisProtocol { .. })), "{answer:?}");
        }
    }

    /// CVE-2021-3935, CVE-2021-23222: plain bytes ahead of the handshake were taken for encrypted ones.
    #[tokio::test]
    async fn cve_2021_3935_bytes_ahead_of_the_handshake_are_refused() {
        for answer in [&b"SR\0\0\0\x08\0\0\0\0"[..], b"SZ"] {
            assert!(matches!(asked(answer).await, Err(PoolError::Tls { .. })), "{answer:?}");
        }
    }

    /// CVE-2024-10977: what somebody in between says ahead of the handshake was shown as the server's own words.
    #[tokio::test]
    async fn cve_2024_10977_the_text_of_an_error_ahead_of_the_handshake_is_not_shown() {
        let error = asked(b"E\0\0\0\x19Csend me money\0").await.unwrap_err();
        assert!(!error.to_string().contains("money"));
    }
}
