//! The network of the machine: TCP and Unix sockets; knows no encryption and no wire protocol.

use super::{BoxFuture, Connector, ServerAddress, ServerStream};
use rustix::net::sockopt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

/// Silence after which a peer is asked whether it is there, the time between two such questions, and how many remain
/// without answer: a peer that is gone is noticed 10 seconds later.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(4);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(2);
const KEEPALIVE_COUNT: u32 = 3;
/// How long bytes may stay unconfirmed by the server's system. In milliseconds.
const USER_TIMEOUT: u32 = 10_000;
/// The same for a connection that was sent more at once than [`MUCH`]: a healthy server may leave so much unread while it
/// works, and the system makes no difference between that and a server that is gone.
const PATIENT_USER_TIMEOUT: u32 = 300_000;
/// How many bytes in a row, without an answer between them, fit into any server's buffers.
const MUCH: usize = 32 * 1024;
/// How long one of several addresses may take before the next is tried. The last has what is left of the pool's own
/// limit.
const ADDRESS_TIMEOUT: Duration = Duration::from_secs(4);

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
/// 10 seconds (keep-alive and `TCP_USER_TIMEOUT`; the latter waits longer once more than 32 KiB were sent at a time).
#[derive(Clone)]
pub struct TcpConnector {
    resolver: Arc<dyn Resolver>,
}

impl TcpConnector {
    /// Connects to the addresses that `resolver` finds, one after the other until one answers.
    pub fn new(resolver: Arc<dyn Resolver>) -> Self {
        Self { resolver }
    }

    async fn connect_tcp(&self, host: &str, port: u16) -> io::Result<ServerStream> {
        let addresses = self.resolver.resolve(host, port).await?;
        let mut last = io::Error::new(io::ErrorKind::NotFound, format!("`{host}` has no address"));
        for (index, address) in addresses.iter().enumerate() {
            let attempt = TcpStream::connect(address);
            let connected = if index + 1 == addresses.len() {
                attempt.await
            } else {
                match tokio::time::timeout(ADDRESS_TIMEOUT, attempt).await {
                    Ok(connected) => connected,
                    Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "no answer")),
                }
            };
            match connected.and_then(ServerTcp::new) {
                Ok(stream) => return Ok(Box::new(stream)),
                Err(error) => last = io::Error::new(error.kind(), format!("{address}: {error}")),
            }
        }
        Err(last)
    }
}

/// What every TCP connection of ours is set to.
pub(crate) fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_IDLE)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_INTERVAL)?;
    Ok(sockopt::set_tcp_keepcnt(stream, KEEPALIVE_COUNT)?)
}

fn set_user_timeout(stream: &TcpStream, milliseconds: u32) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    sockopt::set_tcp_user_timeout(stream, milliseconds)?;
    let _ = (stream, milliseconds);
    Ok(())
}

/// A connection to a server.
struct ServerTcp {
    stream: TcpStream,
    /// Bytes sent since the server sent any.
    unanswered: usize,
    patient: bool,
}

impl ServerTcp {
    fn new(stream: TcpStream) -> io::Result<Self> {
        tune(&stream)?;
        set_user_timeout(&stream, USER_TIMEOUT)?;
        Ok(Self { stream, unanswered: 0, patient: false })
    }
}

impl AsyncRead for ServerTcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        target: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = target.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, target);
        if target.filled().len() > before {
            self.unanswered = 0;
        }
        read
    }
}

impl AsyncWrite for ServerTcp {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.unanswered = self.unanswered.saturating_add(bytes.len());
        if self.unanswered > MUCH && !self.patient {
            // For good: nobody knows when the server will have read it all.
            self.patient = true;
            set_user_timeout(&self.stream, PATIENT_USER_TIMEOUT)?;
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

async fn connect_unix(path: &Path) -> io::Result<ServerStream> {
    let stream = UnixStream::connect(path)
        .await
        .map_err(|error| io::Error::new(error.kind(), format!("`{}`: {error}", path.display())))?;
    Ok(Box::new(stream))
}

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
                .await
                .map_err(|error| io::Error::new(error.kind(), format!("`{host}` is not found: {error}")))?
                .collect();
            if addresses.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, format!("`{host}` has no address")));
            }
            Ok(addresses)
        })
    }
}

impl Connector for TcpConnector {
    fn connect<'a>(&'a self, server: &'a ServerAddress) -> BoxFuture<'a, io::Result<ServerStream>> {
        Box::pin(async move {
            match server {
                ServerAddress::Tcp { host, port } => self.connect_tcp(host, *port).await,
                ServerAddress::Unix(path) => connect_unix(path).await,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpSocket};

    struct Fixed(Vec<SocketAddr>);

    impl Resolver for Fixed {
        fn resolve<'a>(&'a self, _: &'a str, _: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
            Box::pin(async { Ok(self.0.clone()) })
        }
    }

    /// An address where nobody listens, and nobody else can as long as the socket is there.
    fn closed() -> (TcpSocket, SocketAddr) {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    fn server() -> ServerAddress {
        ServerAddress::Tcp { host: "db".into(), port: 5432 }
    }

    #[tokio::test]
    async fn every_address_is_tried_and_the_sockets_are_tuned() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (_held, closed) = closed();
        let addresses = vec![closed, listener.local_addr().unwrap()];
        TcpConnector::new(Arc::new(Fixed(addresses))).connect(&server()).await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let server = ServerTcp::new(stream).unwrap();
        assert!(server.stream.nodelay().unwrap());
        assert!(sockopt::socket_keepalive(&server.stream).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&server.stream).unwrap(), KEEPALIVE_IDLE);
        assert_eq!(sockopt::tcp_keepcnt(&server.stream).unwrap(), KEEPALIVE_COUNT);
        #[cfg(target_os = "linux")]
        assert_eq!(sockopt::tcp_user_timeout(&server.stream).unwrap(), USER_TIMEOUT);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_server_may_leave_much_unread_while_it_works() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        let mut server = ServerTcp::new(stream).unwrap();
        let mut answer = [0];
        for _ in 0..10 {
            server.write_all(&[0; MUCH / 2]).await.unwrap();
            peer.write_all(b"k").await.unwrap();
            server.read_exact(&mut answer).await.unwrap();
        }
        assert_eq!(sockopt::tcp_user_timeout(&server.stream).unwrap(), USER_TIMEOUT, "each was answered");
        server.write_all(&[0; MUCH]).await.unwrap();
        server.write_all(b"more").await.unwrap();
        assert_eq!(sockopt::tcp_user_timeout(&server.stream).unwrap(), PATIENT_USER_TIMEOUT);
    }

    #[tokio::test]
    async fn an_error_names_the_last_address() {
        let ((_one, first), (_other, last)) = (closed(), closed());
        let connector = TcpConnector::new(Arc::new(Fixed(vec![first, last])));
        let error = connector.connect(&server()).await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(error.to_string().starts_with(&last.to_string()), "{error}");
        let error = TcpConnector::new(Arc::new(Fixed(Vec::new()))).connect(&server()).await.err().unwrap();
        assert_eq!(error.to_string(), "`db` has no address");
    }

    #[tokio::test]
    async fn a_unix_socket_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.sock");
        let connector = TcpConnector::new(Arc::new(SystemResolver));
        let error = connector.connect(&ServerAddress::Unix(path.clone())).await.err().unwrap();
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }

    #[tokio::test]
    async fn the_system_knows_addresses_in_text() {
        for text in ["127.0.0.1", "::1"] {
            let addresses = SystemResolver.resolve(text, 7).await.unwrap();
            assert_eq!(addresses, [SocketAddr::new(text.parse().unwrap(), 7)]);
        }
    }
}
