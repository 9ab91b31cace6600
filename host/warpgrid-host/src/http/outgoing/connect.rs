//! A connection to one of the addresses that were granted; looks up nothing.

use super::error;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use wasmtime_wasi_http::Error;

/// How many addresses of a name are tried.
const TRIED_ADDRESSES: usize = 8;

/// Connects to the first address that answers, in order. Each gets its share of the time that is left, so
/// that one dead address does not use up all of it.
pub(super) async fn connect(addresses: &[SocketAddr], deadline: Instant) -> Result<TcpStream, Error> {
    let mut failure = Error::DestinationUnavailable;
    let tried = &addresses[..addresses.len().min(TRIED_ADDRESSES)];
    for (index, address) in tried.iter().enumerate() {
        let now = Instant::now();
        let left = u32::try_from(tried.len() - index).unwrap_or(u32::MAX);
        let share = now + deadline.saturating_duration_since(now) / left;
        match timeout_at(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Requests are written whole; waiting for more bytes only delays them.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(refused)) => failure = error::from_connect(&refused),
            Err(_) => {
                tracing::info!(phase = "connect", %address, "no answer in time");
                failure = Error::ConnectionTimeout;
            }
        }
    }
    Err(failure)
}
