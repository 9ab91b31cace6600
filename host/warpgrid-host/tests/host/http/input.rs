//! What a strange client is told.

use super::client::{BOTH, connect, on_free_port, serve};
use bytes::Bytes;
use futures::stream;
use http::{Request, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use warpgrid_host::http::HttpConfig;

/// Sends bytes and reads until the server closes.
async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    // A server that closes while bytes are still under way resets the connection: what came first counts.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_without_a_host_is_a_bad_request() {
    for name in BOTH {
        let served = serve(name, on_free_port()).await;
        let answer = raw(served.address, b"GET /hello HTTP/1.0\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.0 400 "), "{answer}");
        assert!(answer.ends_with("\r\n\r\nthe host header is missing\n"), "{answer}");
        let answer = raw(served.address, b"GET /hello HTTP/1.0\r\nHost: a b\r\n\r\n").await;
        assert!(answer.ends_with("\r\n\r\nthe host header is not a host\n"), "{answer}");
        let answer = raw(served.address, b"no request at all\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert_eq!(served.service.instance_count(), 0, "no guest was asked");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_that_are_too_large_or_too_many_are_refused() {
    let config = HttpConfig { header_bytes: 8192, header_count: 20, ..on_free_port() };
    let served = serve("http_routes", config).await;
    let large = format!("GET /hello HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(9000));
    assert!(raw(served.address, large.as_bytes()).await.starts_with("HTTP/1.1 431 "));
    let many = format!("GET /hello HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: x\r\n".repeat(30));
    assert!(raw(served.address, many.as_bytes()).await.starts_with("HTTP/1.1 431 "));
    let few = "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert!(raw(served.address, few.as_bytes()).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_slow_with_its_headers_is_cut() {
    let config = HttpConfig { header_wait: Duration::from_millis(50), ..on_free_port() };
    let served = serve("http_routes", config).await;
    // The read ends: without a time-out this test would never do so.
    let answer = raw(served.address, b"GET /hello HT").await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_beyond_the_limit_wait_for_a_place() {
    let served = serve("http_routes", HttpConfig { max_connections: 1, ..on_free_port() }).await;
    let mut first = connect(served.address).await;
    let hello = || Request::get("/hello");
    assert_eq!(super::client::send(&mut first, hello(), "").await.unwrap().text(), "hello\n");
    let second = served.ask("/hello");
    served.until_metrics("warpgrid_http_connections 1").await;
    assert!(!second.is_finished());
    drop(first);
    assert_eq!(second.await.unwrap().unwrap().text(), "hello\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_beyond_its_limit_is_refused_declared_or_not() {
    for name in BOTH {
        let served = serve(name, HttpConfig { body_bytes: Some(1000), ..on_free_port() }).await;
        let fits = served.send(Request::post("/echo"), vec![b'x'; 1000]).await;
        assert_eq!((fits.status, fits.body.len()), (StatusCode::OK, 1000), "{name}");
        let declared = served.send(Request::post("/echo"), vec![b'x'; 1001]).await;
        assert_eq!(declared.status, StatusCode::PAYLOAD_TOO_LARGE, "{name}");

        let pieces = (0..11).map(|_| Ok::<_, Infallible>(Frame::data(Bytes::from(vec![b'x'; 100]))));
        let stream = TcpStream::connect(served.address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::post("/echo").header("host", "test.example");
        let request = request.body(StreamBody::new(stream::iter(pieces))).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert!(!answer.status().is_success(), "{name}: {}", answer.status());
        served.until_metrics("warpgrid_limits_hit_total{limit=\"body-size\"} 2").await;
    }
}
