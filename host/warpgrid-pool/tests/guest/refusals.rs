//! What guests of each protocol hear when there is no server; knows no driver.

use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use warpgrid_pool::ConnectionPoolManager;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol, Tenant};
use warpgrid_pool::error::PoolError;
use warpgrid_pool::net::{ServerAddress, SystemResolver, TcpConnector};

/// A port where nobody listens, and nobody else can as long as the socket is there.
fn closed() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

async fn hear(protocol: Protocol, login: &[u8]) -> Vec<u8> {
    let (_held, port) = closed();
    let endpoint = Endpoint {
        name: "orders".into(),
        protocol,
        server: ServerAddress::Tcp { host: "127.0.0.1".into(), port },
        database: None,
        user: None,
        password: None,
        tls: None,
        guest_login: GuestLogin::Any,
        options: Default::default(),
    };
    let manager = ConnectionPoolManager::new(Arc::new(TcpConnector::new(Arc::new(SystemResolver))), 1);
    let mut guest = manager.pool(endpoint).connect(&Tenant::new("a"));
    guest.write_all(login).await.unwrap();
    let mut heard = Vec::new();
    guest.read_to_end(&mut heard).await.unwrap();
    assert!(matches!(guest.error(), Some(PoolError::Unreachable { .. })), "{:?}", guest.error());
    let text = String::from_utf8_lossy(&heard);
    assert!(text.contains("the server of `orders` cannot be reached"), "{text}");
    heard
}

#[tokio::test]
async fn a_guest_of_postgresql_hears_it_after_its_login() {
    let heard = hear(Protocol::Postgres, b"\0\0\0\x14\0\x03\0\0user\0guest\0\0").await;
    let error = heard.iter().position(|byte| *byte == b'E').unwrap();
    assert!(heard[error..].windows(6).any(|bytes| bytes == b"CFATAL" || bytes == b"SFATAL"), "{heard:?}");
}

#[tokio::test]
async fn a_guest_of_mysql_hears_it_in_the_place_of_the_greeting() {
    let heard = hear(Protocol::Mysql, b"").await;
    assert_eq!(heard[..3], [heard.len() as u8 - 4, ((heard.len() - 4) >> 8) as u8, 0]);
    assert_eq!(heard[3..5], [0, 0xff], "an error, and the first packet");
}
