//! A service on a free port and a client for it; knows no case.

use crate::harness::{config, guest};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_host::http::{DrainReport, HttpConfig, HttpServer, HttpService};
use warpgrid_host::instance::InstanceOptions;
use warpgrid_host::metrics::Metrics;
use warpgrid_host::{AppConfig, WarpGridEngine};

/// Both guests, which answer alike on the routes that both have.
pub(crate) const BOTH: [&str; 2] = ["http_routes", "http_routes_p3"];

static ENGINE: LazyLock<WarpGridEngine> = LazyLock::new(|| crate::harness::engine(config("").0).unwrap());

/// A service that is served.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) service: Arc<HttpService>,
    pub(crate) drain: CancellationToken,
    pub(crate) now: CancellationToken,
    pub(crate) task: JoinHandle<DrainReport>,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body of a good answer.
    pub(crate) fn text(self) -> String {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        String::from_utf8(self.body.to_vec()).unwrap()
    }
}

/// A configuration with a free port.
pub(crate) fn on_free_port() -> HttpConfig {
    HttpConfig { listen: "127.0.0.1:0".parse().unwrap(), ..HttpConfig::default() }
}

pub(crate) async fn serve(name: &str, config: HttpConfig) -> Served {
    serve_limited(name, config, GuestLimits::default()).await
}

/// Serves a guest until the answer is ended or the test's runtime goes.
pub(crate) async fn serve_limited(name: &str, config: HttpConfig, limits: GuestLimits) -> Served {
    let app = AppConfig { limits, metrics: Arc::new(Metrics::default()), ..AppConfig::default() };
    let application = ENGINE.load_module(&guest(name), app).unwrap();
    let options = Arc::new(InstanceOptions::default);
    let service = Arc::new(HttpService::new(Arc::new(application), config, options).unwrap());
    let server = HttpServer::bind(service.clone()).await.unwrap();
    let address = server.address();
    let (drain, now) = (CancellationToken::new(), CancellationToken::new());
    let task = tokio::spawn(server.run(drain.clone().cancelled_owned(), now.clone().cancelled_owned()));
    Served { address, service, drain, now, task }
}

impl Served {
    /// Asks on a connection of its own.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), "").await
    }

    pub(crate) async fn send(&self, request: http::request::Builder, body: impl Into<Bytes>) -> Answer {
        let mut connection = connect(self.address).await;
        send(&mut connection, request, body).await.unwrap()
    }

    /// Asks without waiting for the answer.
    pub(crate) fn ask(&self, path: &str) -> JoinHandle<hyper::Result<Answer>> {
        let (address, path) = (self.address, path.to_owned());
        tokio::spawn(async move { send(&mut connect(address).await, Request::get(path), "").await })
    }

    /// Waits until so many requests are with an instance.
    pub(crate) async fn until_taken(&self, count: usize) {
        let taken = |service: &HttpService| {
            service.open_requests().iter().filter(|request| request.instance.is_some()).count()
        };
        until(|| taken(&self.service) >= count).await;
    }

    /// Waits until the metrics hold a line.
    pub(crate) async fn until_metrics(&self, line: &str) {
        until(|| self.service.metrics().text().lines().any(|known| known == line)).await;
    }

    /// Ends serving.
    pub(crate) async fn end(self) -> DrainReport {
        self.drain.cancel();
        self.task.await.unwrap()
    }

    /// Ends serving at once.
    pub(crate) async fn cut(self) -> DrainReport {
        self.now.cancel();
        self.end().await
    }
}

/// Waits until something is so.
pub(crate) async fn until(mut so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < Duration::from_secs(60), "what was waited for did not happen");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

pub(crate) async fn connect(address: SocketAddr) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.unwrap();
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// Sends a request and reads the whole answer.
pub(crate) async fn send(
    connection: &mut SendRequest<Full<Bytes>>,
    request: http::request::Builder,
    body: impl Into<Bytes>,
) -> hyper::Result<Answer> {
    let has_host = request.headers_ref().is_some_and(|headers| headers.contains_key("host"));
    let request = if has_host { request } else { request.header("host", "test.example") };
    connection.ready().await?;
    let response = connection.send_request(request.body(Full::new(body.into())).unwrap()).await?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok(Answer { status: parts.status, headers: parts.headers, body })
}
