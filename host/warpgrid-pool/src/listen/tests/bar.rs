//! A listener that runs, and its clients; knows no test.

use crate::config::PoolOptions;
use crate::endpoint::{Protocol, Tenant};
use crate::guest::tests::scene::{Scene, scene_of};
use crate::listen::{ListenAddress, ListenOptions, Listener};
use std::net::SocketAddr;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(super) struct Bar {
    pub(super) scene: Scene,
    pub(super) address: ListenAddress,
    pub(super) shutdown: CancellationToken,
    pub(super) serving: JoinHandle<()>,
}

pub(super) fn open(options: ListenOptions) -> Bar {
    open_of(Protocol::Postgres, options)
}

pub(super) fn open_of(protocol: Protocol, options: ListenOptions) -> Bar {
    open_with(protocol, options, PoolOptions { size: 2, ..PoolOptions::default() })
}

pub(super) fn open_with(protocol: Protocol, options: ListenOptions, pool: PoolOptions) -> Bar {
    let scene = scene_of(1 << 20, protocol, pool);
    let listener = Listener::bind(options).unwrap();
    let (address, shutdown) = (listener.local_address(), CancellationToken::new());
    let serving = tokio::spawn(listener.serve(scene.pool.clone(), Tenant::new("a"), shutdown.clone()));
    Bar { scene, address, shutdown, serving }
}

impl Bar {
    pub(super) fn tcp(&self) -> SocketAddr {
        match &self.address {
            ListenAddress::Tcp(address) => *address,
            ListenAddress::Unix { .. } => panic!("a Unix socket"),
        }
    }

    pub(super) async fn client(&self) -> BufReader<TcpStream> {
        BufReader::new(TcpStream::connect(self.tcp()).await.unwrap())
    }

    /// Waits until so many sessions are taken and idle.
    pub(super) async fn until(&self, taken: usize, idle: usize) {
        while self.scene.counts() != (taken, idle, 0) {
            tokio::task::yield_now().await;
        }
    }
}

pub(super) async fn say(client: &mut (impl AsyncWrite + Unpin), text: &str) {
    client.write_all(text.as_bytes()).await.unwrap();
    client.flush().await.unwrap();
}

pub(super) async fn hear<S: AsyncRead + Unpin>(client: &mut BufReader<S>) -> String {
    let mut line = String::new();
    client.read_line(&mut line).await.unwrap();
    line
}

/// All that comes until the end, however that comes.
pub(super) async fn hear_all(client: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 1000];
    while let Ok(count @ 1..) = client.read(&mut buffer).await {
        text.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8(text).unwrap()
}

/// Says who it is and asks one thing, which the test answers as the server.
pub(super) async fn use_it<S: AsyncRead + AsyncWrite + Unpin>(
    client: &mut BufReader<S>,
    server: &mut crate::guest::tests::scene::Server,
) {
    use crate::guest::tests::scene::{answer, asked};
    say(client, "ask one\n").await;
    assert_eq!(asked(server).await, "ask one");
    answer(server, "1\n").await;
    assert_eq!(hear(client).await, "1\n");
}
