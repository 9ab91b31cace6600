//! Servers on loopback, good and bad; they notice every connection and know no guest.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What a server does with a request.
#[derive(Clone)]
pub(crate) enum Behaviour {
    /// Writes this and closes.
    Answer(String),
    /// Writes this whatever it was sent, and closes.
    Blurt(String),
    /// Writes this and neither goes on nor closes.
    Stall(String),
    /// Answers when so many requests are there.
    Together(Arc<Barrier>),
}

/// A response with a body.
pub(crate) fn ok(body: &str) -> Behaviour {
    Behaviour::Answer(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()))
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        Self::at("127.0.0.1:0".parse().unwrap(), behaviour, None).await
    }

    pub(crate) async fn at(address: SocketAddr, behaviour: Behaviour, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let noted = requests.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (behaviour, noted, tls) = (behaviour.clone(), noted.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, behaviour, &noted).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, behaviour, &noted).await,
                            Err(error) => noted.lock().unwrap().push(format!("handshake: {error}")),
                        },
                    }
                });
            }
        });
        Self { address, requests, task }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The requests that came, head and body, lower case.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    behaviour: Behaviour,
    noted: &Mutex<Vec<String>>,
) {
    let mut request = Vec::new();
    let enough = |request: &[u8]| match behaviour {
        Behaviour::Blurt(_) => !request.is_empty(),
        _ => is_whole(request),
    };
    while !enough(&request) {
        match stream.read_buf(&mut request).await {
            Ok(1..) => {}
            _ => break,
        }
    }
    noted.lock().unwrap().push(String::from_utf8_lossy(&request).to_lowercase());
    let (text, stalls) = match behaviour {
        Behaviour::Answer(text) | Behaviour::Blurt(text) => (text, false),
        Behaviour::Stall(text) => (text, true),
        Behaviour::Together(barrier) => {
            barrier.wait().await;
            ("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\ntogether".to_owned(), false)
        }
    };
    let _ = stream.write_all(text.as_bytes()).await;
    let _ = stream.flush().await;
    if stalls {
        std::future::pending::<()>().await;
    }
    let _ = stream.shutdown().await;
}

/// Whether the head is there, and as much of a body as it announces.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    match length {
        Some(length) => body.len() >= length.parse().unwrap_or(0),
        None => !head.contains("transfer-encoding: chunked") || body.ends_with("0\r\n\r\n"),
    }
}
