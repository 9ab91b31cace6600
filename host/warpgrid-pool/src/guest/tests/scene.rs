//! A pool, its servers, and guests; the test is the server. Knows no wire protocol but that of the tests.

use super::words::words;
use crate::config::PoolOptions;
use crate::endpoint::{Endpoint, GuestLogin, Protocol, Tenant};
use crate::error::PoolError;
use crate::guest::{GuestStream, GuestTls};
use crate::net::{BoxFuture, Connector, ServerAddress, ServerStream};
use crate::{ConnectionPoolManager, Pool};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{
    AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, BufWriter, DuplexStream, ReadBuf,
    duplex,
};
use tokio::sync::mpsc;

/// The server's end of a connection.
pub(crate) type Server = BufReader<DuplexStream>;

/// Gives each connection's other end to the test.
pub(crate) struct Network {
    capacity: usize,
    servers: mpsc::UnboundedSender<Server>,
    pub(crate) down: Mutex<bool>,
    /// Connections keep what was written until they are flushed, as encrypted ones may.
    pub(crate) holds: AtomicBool,
    pub(crate) reads: Arc<AtomicUsize>,
    pub(crate) writes: Arc<AtomicUsize>,
}

impl Connector for Network {
    fn connect<'a>(&'a self, _: &'a ServerAddress) -> BoxFuture<'a, io::Result<ServerStream>> {
        Box::pin(async {
            if *self.down.lock().unwrap() {
                return Err(io::Error::new(io::ErrorKind::ConnectionRefused, "db:1: refused"));
            }
            let (stream, server) = duplex(self.capacity);
            let _ = self.servers.send(BufReader::new(server));
            let (reads, writes) = (self.reads.clone(), self.writes.clone());
            let stream = Counted { stream, reads, writes };
            Ok(match self.holds.load(Ordering::Relaxed) {
                false => Box::new(stream) as ServerStream,
                true => Box::new(BufWriter::new(stream)),
            })
        })
    }
}

/// Counts reads and writes that moved bytes: on a socket each is a system call.
struct Counted {
    stream: DuplexStream,
    reads: Arc<AtomicUsize>,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        target: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, target);
        self.reads.fetch_add(usize::from(read.is_ready()), Ordering::Relaxed);
        read
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.writes.fetch_add(usize::from(written.is_ready()), Ordering::Relaxed);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

pub(crate) struct Scene {
    pub(crate) network: Arc<Network>,
    pub(crate) manager: Arc<ConnectionPoolManager>,
    pub(crate) pool: Arc<Pool>,
    servers: mpsc::UnboundedReceiver<Server>,
}

/// A pool of one session, over connections with room for `capacity` bytes each way.
pub(crate) fn scene(capacity: usize) -> Scene {
    scene_of(capacity, Protocol::Postgres, PoolOptions { size: 1, ..PoolOptions::default() })
}

pub(crate) fn scene_of(capacity: usize, protocol: Protocol, options: PoolOptions) -> Scene {
    let (sender, servers) = mpsc::unbounded_channel();
    let network = Arc::new(Network {
        capacity,
        servers: sender,
        down: Mutex::new(false),
        holds: AtomicBool::new(false),
        reads: Arc::default(),
        writes: Arc::default(),
    });
    let manager = ConnectionPoolManager::with_wire(network.clone(), 1, words);
    let pool = manager.pool(Endpoint {
        name: "orders".into(),
        protocol,
        server: ServerAddress::Tcp { host: "db".into(), port: 1 },
        database: None,
        user: None,
        password: None,
        tls: None,
        guest_login: GuestLogin::Any,
        options,
    });
    Scene { network, manager, pool, servers }
}

impl Scene {
    pub(crate) fn guest(&self) -> GuestStream {
        self.pool.connect(&Tenant::new("a"))
    }

    pub(crate) fn guest_with(&self, tls: GuestTls) -> GuestStream {
        GuestStream::new(self.pool.clone(), &Tenant::new("a"), tls)
    }

    /// The next connection to the server.
    pub(crate) async fn server(&mut self) -> Server {
        self.servers.recv().await.unwrap()
    }

    /// A guest with a session, and its server.
    pub(crate) async fn open(&mut self) -> (GuestStream, Server) {
        let mut guest = self.guest();
        send(&mut guest, b"hello\n").await.unwrap();
        assert_eq!(line(&mut guest).await, "welcome");
        (guest, self.server().await)
    }

    pub(crate) fn destroyed(&self, reason: &str) -> u64 {
        self.pool
            .stats()
            .destroyed
            .iter()
            .filter(|(known, _)| *known == reason)
            .map(|(_, count)| *count)
            .sum()
    }

    /// Taken, idle, busy.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let stats = self.pool.stats();
        (stats.taken, stats.idle, stats.busy)
    }

    pub(crate) fn io(&self) -> (usize, usize) {
        (self.network.reads.load(Ordering::Relaxed), self.network.writes.load(Ordering::Relaxed))
    }
}

/// Longer than every limit of the pool: under a paused clock a test that is stuck fails at once.
const STUCK: Duration = Duration::from_secs(100_000);

/// Lets tasks in the background do all they can.
pub(crate) async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn send(guest: &mut GuestStream, mut bytes: &[u8]) -> Result<(), PoolError> {
    while !bytes.is_empty() {
        let count = poll_fn(|context| guest.poll_send(context, bytes)).await?;
        assert!(count > 0);
        bytes = &bytes[count..];
    }
    poll_fn(|context| guest.poll_flush_guest(context)).await
}

/// What there is for the guest next; None at the end.
pub(crate) async fn chunk(guest: &mut GuestStream, max: usize) -> Option<Vec<u8>> {
    let filling = poll_fn(|context| guest.poll_fill(context));
    tokio::time::timeout(STUCK, filling).await.expect("nothing comes any more");
    guest.take(max).map(|bytes| {
        assert!(!bytes.is_empty() && bytes.len() <= max, "ready means bytes or the end");
        bytes.to_vec()
    })
}

/// What one read brings. A function, because with `AsyncReadExt` in scope `take` would be another method.
pub(crate) async fn read_some(guest: &mut GuestStream, target: &mut [u8]) -> usize {
    tokio::io::AsyncReadExt::read(guest, target).await.unwrap()
}

/// The next line, without its end; panics at the end of the stream.
pub(crate) async fn line(guest: &mut GuestStream) -> String {
    let mut line = Vec::new();
    loop {
        let byte = chunk(guest, 1).await.expect("a line")[0];
        if byte == b'\n' {
            return String::from_utf8(line).unwrap();
        }
        line.push(byte);
    }
}

/// All that comes until the end.
pub(crate) async fn rest(guest: &mut GuestStream) -> String {
    let mut text = Vec::new();
    while let Some(bytes) = chunk(guest, 1000).await {
        text.extend(bytes);
    }
    String::from_utf8(text).unwrap()
}

pub(crate) async fn asked(server: &mut Server) -> String {
    let mut line = String::new();
    tokio::time::timeout(STUCK, server.read_line(&mut line)).await.expect("nothing is asked").unwrap();
    line.trim_end_matches('\n').to_owned()
}

pub(crate) async fn answer(server: &mut Server, text: &str) {
    server.write_all(text.as_bytes()).await.unwrap();
}

/// Whether nothing happens without somebody else's doing.
pub(crate) async fn is_stuck<T>(doing: impl Future<Output = T>) -> bool {
    tokio::time::timeout(Duration::from_millis(1), doing).await.is_err()
}
