//! Sends requests over a number of connections, one after the other on each, and counts the answers.

use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// Prints answers per second.
pub(super) fn run(address: &str, connections: usize, seconds: f64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (answers, elapsed) = runtime.block_on(async {
        // The first answers are not counted: they start instances.
        count(address, connections, Duration::from_secs_f64(seconds / 4.0)).await;
        count(address, connections, Duration::from_secs_f64(seconds)).await
    });
    #[expect(clippy::cast_precision_loss, reason = "counts below 2^52")]
    let rate = answers as f64 / elapsed.as_secs_f64();
    println!("{rate}");
}

async fn count(address: &str, connections: usize, time: Duration) -> (u64, Duration) {
    let start = Instant::now();
    let tasks: Vec<_> =
        (0..connections).map(|_| tokio::spawn(one_connection(address.to_owned(), start + time))).collect();
    let mut answers = 0;
    for task in tasks {
        answers += task.await.unwrap();
    }
    (answers, start.elapsed())
}

async fn one_connection(address: String, end: Instant) -> u64 {
    let stream = TcpStream::connect(&address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut answers = 0;
    while Instant::now() < end {
        sender.ready().await.unwrap();
        let request =
            http::Request::get("/").header("host", &address).body(Empty::<bytes::Bytes>::new()).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "hello\n");
        answers += 1;
    }
    answers
}
