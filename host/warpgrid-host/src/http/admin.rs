//! `/metrics` and `/healthz` on an address of their own; answers nothing else and knows no guest.

use super::serve::{ListenError, listen};
use crate::metrics::Metrics;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// Connections that may be open at the same time.
const CONNECTIONS: usize = 64;
/// How long a client may take to send its headers, and a connection may be idle.
const HEADER_WAIT: Duration = Duration::from_secs(15);

/// The listener for those who operate the host.
pub struct AdminServer {
    listener: TcpListener,
    address: SocketAddr,
    metrics: Arc<Metrics>,
    draining: Arc<AtomicBool>,
}

impl AdminServer {
    /// Listens on an address. `draining` is what `/healthz` tells.
    ///
    /// # Errors
    /// [`ListenError`] when the address is taken, not allowed, or not this machine's.
    pub async fn bind(
        address: SocketAddr,
        metrics: Arc<Metrics>,
        draining: Arc<AtomicBool>,
    ) -> Result<Self, ListenError> {
        let (listener, address) = listen(address).await?;
        Ok(Self { listener, address, metrics, draining })
    }

    /// Where it listens, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until it is dropped.
    pub async fn run(self) {
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        let mut tasks = tokio::task::JoinSet::new();
        loop {
            while tasks.try_join_next().is_some() {}
            // The semaphore is never closed.
            let permit = permits.clone().acquire_owned().await.ok();
            let Ok((stream, _)) = self.listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let (metrics, draining) = (self.metrics.clone(), self.draining.clone());
            tasks.spawn(async move {
                let answer = service_fn(|request| {
                    let response = answer(&request, &metrics, draining.load(Ordering::Relaxed));
                    async { Ok::<_, Infallible>(response) }
                });
                let mut builder = http1::Builder::new();
                builder.timer(TokioTimer::new()).header_read_timeout(HEADER_WAIT);
                // A client of this address that breaks off is nobody's concern.
                let _ = builder.serve_connection(TokioIo::new(stream), answer).await;
                drop(permit);
            });
        }
    }
}

fn answer(request: &Request<Incoming>, metrics: &Metrics, draining: bool) -> Response<Full<Bytes>> {
    let plain = "text/plain; charset=utf-8";
    let (status, kind, text) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            (StatusCode::OK, kind, metrics.text())
        }
        (&Method::GET | &Method::HEAD, "/healthz") if draining => {
            (StatusCode::SERVICE_UNAVAILABLE, plain, "draining\n".to_owned())
        }
        (&Method::GET | &Method::HEAD, "/healthz") => (StatusCode::OK, plain, "ok\n".to_owned()),
        (_, "/metrics" | "/healthz") => {
            (StatusCode::METHOD_NOT_ALLOWED, plain, "only GET and HEAD\n".to_owned())
        }
        _ => (StatusCode::NOT_FOUND, plain, "there are /metrics and /healthz\n".to_owned()),
    };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
