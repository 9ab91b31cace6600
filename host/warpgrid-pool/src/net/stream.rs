//! What the pool needs of a network, so that a simulated one can take its place; connects nothing.

use super::ServerAddress;
use std::future::Future;
use std::io;
use std::pin::Pin;
use tokio::io::{AsyncRead, AsyncWrite};

/// A future that can be stored and sent.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A connection of bytes.
pub trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// A connection to a server, encrypted or not.
pub type ServerStream = Box<dyn Transport>;

/// Opens connections to servers.
pub trait Connector: Send + Sync {
    /// Opens a plain connection. The pool bounds the time.
    ///
    /// # Errors
    /// When no address of the server answers; the error names the address.
    fn connect<'a>(&'a self, server: &'a ServerAddress) -> BoxFuture<'a, io::Result<ServerStream>>;
}
