//! Through the network that is granted, and no other.

use super::Setup;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

/// Answers one connection with what it got, turned round, at an address of the loopback.
async fn server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut got = Vec::new();
        stream.read_to_end(&mut got).await.unwrap();
        got.reverse();
        stream.write_all(&got).await.unwrap();
    });
    address
}

fn allow(address: SocketAddr) -> String {
    format!("[network]\nallow = ['{address}']")
}

#[tokio::test]
async fn std_net_and_tokio_reach_a_granted_address() {
    for (guest, word, expected) in
        [("guests_network", "tcp", "tseug eht morf\n"), ("guests_tokio", "net", "oikot morf\n")]
    {
        let address = server().await;
        let (toml, address) = (allow(address), address.to_string());
        let setup = Setup { toml: &toml, arguments: &[word, &address], ..Setup::default() };
        assert_eq!(setup.run(guest).await.text(), expected);
    }
}

#[tokio::test]
async fn a_datagram_comes_back_from_a_granted_address() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 16];
        let (length, from) = socket.recv_from(&mut buffer).await.unwrap();
        socket.send_to(&buffer[..length], from).await.unwrap();
    });
    let (toml, address) = (allow(address), address.to_string());
    let setup = Setup { toml: &toml, arguments: &["udp", &address], ..Setup::default() };
    assert_eq!(setup.run("guests_network").await.text(), "ping true\n");
}

#[tokio::test]
async fn an_address_that_is_not_granted_is_refused() {
    let address = server().await.to_string();
    let setup = Setup { arguments: &["refused", &address], ..Setup::default() };
    assert_eq!(setup.run("guests_network").await.text(), "PermissionDenied\n");
}

#[tokio::test]
async fn listening_is_refused_unless_granted() {
    let ended =
        Setup { arguments: &["listen", "127.0.0.1:0"], ..Setup::default() }.run("guests_network").await;
    assert!(ended.error.contains("PermissionDenied"), "{ended:?}");
}

#[tokio::test]
async fn an_http_client_gets_from_a_granted_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let answer = b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\nconnection: close\r\n\r\nworld";
        stream.write_all(answer).await.unwrap();
        String::from_utf8(head).unwrap().to_lowercase()
    });
    let (toml, url) = (allow(address), format!("http://{address}/hello?a=b"));
    let setup = Setup { toml: &toml, arguments: &[&url], ..Setup::default() };
    assert_eq!(setup.run("guests_http_client").await.text(), "201 world\n");
    let head = served.await.unwrap();
    assert!(head.starts_with("get /hello?a=b http/1.1\r\n") && head.contains("x-guest: wstd"), "{head}");
}

#[tokio::test]
async fn an_http_client_is_refused_what_is_not_granted() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let said = Setup { arguments: &[&url], ..Setup::default() }.run("guests_http_client").await.text();
    assert!(said.starts_with("error: "), "{said}");
    let reached = listener.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(reached, Err(std::io::ErrorKind::WouldBlock), "nothing was even connected");
}
