//! One client, from its first byte to its last; knows no socket.
//!
//! Encryption begins in four ways. Redis: at once. PostgreSQL: at once (its first byte tells; ALPN `postgresql` has to be
//! agreed, as PostgreSQL 17 wants it) or after `SSLRequest`. MySQL: after the client's first packet. The last two are the
//! greeting's matter: it asks for the handshake.

use super::begun::Begun;
use super::copy::{Copy, Limits, Pause};
use super::tls::POSTGRESQL;
use crate::endpoint::{Protocol, Tenant};
use crate::error::PoolError;
use crate::guest::{GuestStream, GuestTls};
use crate::net::ServerStream;
use crate::pool::Pool;
use bytes::{Bytes, BytesMut};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// The first byte of a TLS handshake (RFC 8446, section 5.1). No other first message of PostgreSQL begins so.
const HANDSHAKE: u8 = 0x16;
/// How long, and how much, a client that was refused may still say: a connection that is closed with bytes unread takes
/// away what the client has not read yet.
const LAST_WORDS: Duration = Duration::from_secs(1);
const LAST_BYTES: u64 = 64 * 1024;

/// What all clients of a listener share.
pub(super) struct Door {
    pub(super) pool: Arc<Pool>,
    pub(super) tenant: Tenant,
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) tls_required: bool,
    pub(super) half_closed: Duration,
    /// How many clients may be connected.
    pub(super) clients: usize,
}

/// Serves a client until it or its session ends.
pub(super) async fn serve(door: &Door, stream: ServerStream) {
    if let Err(error) = serve_client(door, stream).await {
        tracing::debug!(endpoint = door.pool.endpoint().name, %error, "a client's connection broke");
    }
}

async fn serve_client(door: &Door, stream: ServerStream) -> io::Result<()> {
    let (mut stream, first, tls) = begin(door, stream).await?;
    let mut guest = GuestStream::new(Arc::clone(&door.pool), &door.tenant, tls);
    let limits = Limits { half_closed: door.half_closed, stall: door.pool.endpoint().options.stall };
    let mut copy = Copy::new(first, limits);
    while let Pause::Tls { begun } = copy.run(&mut stream, &mut guest).await? {
        let Some(acceptor) = &door.acceptor else { return Ok(()) };
        stream = encrypt(door, acceptor, begun, stream).await?.0;
        guest.tls_done();
    }
    let refused = guest.error().is_some();
    // The session goes back before the client is waited for.
    drop(guest);
    say_goodbye(&mut stream, refused).await
}

/// Encryption that comes before everything else. Also gives bytes that were read already.
async fn begin(door: &Door, mut stream: ServerStream) -> io::Result<(ServerStream, BytesMut, GuestTls)> {
    let Some(acceptor) = &door.acceptor else {
        return Ok((stream, BytesMut::new(), GuestTls::Unavailable));
    };
    let offer = if door.tls_required { GuestTls::Required } else { GuestTls::Offered };
    match door.pool.endpoint().protocol {
        Protocol::Redis => {
            let (stream, _) = encrypt(door, acceptor, Bytes::new(), stream).await?;
            Ok((stream, BytesMut::new(), GuestTls::Unavailable))
        }
        Protocol::Mysql => Ok((stream, BytesMut::new(), offer)),
        Protocol::Postgres => {
            let mut first = BytesMut::new();
            bounded(door, stream.read_buf(&mut first)).await?;
            if first.first() != Some(&HANDSHAKE) {
                return Ok((stream, first, offer));
            }
            let (stream, alpn) = encrypt(door, acceptor, first.freeze(), stream).await?;
            if !alpn {
                return Err(io::Error::other(
                    "a client began with TLS at once and without ALPN `postgresql`",
                ));
            }
            Ok((stream, BytesMut::new(), GuestTls::Unavailable))
        }
    }
}

/// The handshake, and whether ALPN `postgresql` was agreed.
async fn encrypt(
    door: &Door,
    acceptor: &TlsAcceptor,
    begun: Bytes,
    stream: ServerStream,
) -> io::Result<(ServerStream, bool)> {
    let encrypted = bounded(door, acceptor.accept(Begun::new(begun, stream))).await?;
    let alpn = encrypted.get_ref().1.alpn_protocol() == Some(POSTGRESQL);
    Ok((Box::new(encrypted), alpn))
}

/// Not longer than a guest may take to say who it is.
async fn bounded<T>(door: &Door, doing: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let limit = door.pool.endpoint().options.greeting;
    timeout(limit, doing).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

async fn say_goodbye(stream: &mut ServerStream, refused: bool) -> io::Result<()> {
    let goodbye = async {
        stream.shutdown().await?;
        if refused {
            tokio::io::copy(&mut stream.take(LAST_BYTES), &mut tokio::io::sink()).await?;
        }
        Ok(())
    };
    timeout(LAST_WORDS, goodbye).await.unwrap_or(Ok(()))
}

/// Tells a client that there are `most` already. Best effort, and short.
pub(super) async fn refuse(door: &Door, mut stream: ServerStream, most: usize) {
    let reason = format!("{most} clients are connected, as many as may");
    let error = PoolError::Denied { endpoint: door.pool.endpoint().name.clone(), reason };
    tracing::warn!(endpoint = door.pool.endpoint().name, most, "one client too many");
    if door.acceptor.is_some() && door.pool.endpoint().protocol == Protocol::Redis {
        return;
    }
    let words = GuestStream::refusal(&door.pool, &error);
    let speaks_first = door.pool.wire().server_speaks_first();
    let telling = async {
        if !speaks_first {
            stream.read_buf(&mut BytesMut::with_capacity(1024)).await?;
        }
        stream.write_all(&words).await?;
        stream.flush().await
    };
    if let Ok(Ok(())) = timeout(LAST_WORDS, telling).await {
        let _ = say_goodbye(&mut stream, true).await;
    }
}
