//! The network of the machine: TCP and Unix sockets; knows no encryption and no wire protocol.

use super::{BoxFuture, Connector, ServerAddress, ServerStream};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// Finds addresses of a name.
pub trait Resolver: Send + Sync {
    /// All addresses of a host (a name, or an address in text), best first.
    ///
    /// # Errors
    /// When there is none; the text names the host.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>>;
}

/// The resolver of the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

/// Connects by the network of the machine. Sockets send at once (`TCP_NODELAY`) and notice a peer that is gone within
/// 10 seconds (keep-alive and `TCP_USER_TIMEOUT`).
#[derive(Clone)]
pub struct TcpConnector {
    resolver: Arc<dyn Resolver>,
}

impl TcpConnector {
    /// Connects to the addresses that `resolver` finds, one after the other until one answers.
    pub fn new(resolver: Arc<dyn Resolver>) -> Self {
        Self { resolver }
    }
}

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let _ = (host, port);
        todo!()
    }
}

impl Connector for TcpConnector {
    fn connect<'a>(&'a self, server: &'a ServerAddress) -> BoxFuture<'a, io::Result<ServerStream>> {
        let _ = (server, &self.resolver);
        todo!()
    }
}
