//! The listener of a service: connections, their limits, and a shutdown that loses nothing in silence.

use super::in_flight::OpenRequest;
use super::service::HttpService;
use http::Request;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long the accept loop rests when the system has no more descriptors.
const REST: Duration = Duration::from_millis(50);
/// How long instances may take to go after they were told to.
const LAST_WAIT: Duration = Duration::from_secs(1);
/// Headers of a request that hyper keeps on the stack; another number costs an allocation a request.
const HEADERS_ON_STACK: usize = 100;

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on `{address}`")]
pub struct ListenError {
    /// The address.
    pub address: SocketAddr,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl ListenError {
    /// What the user can do, without a prefix.
    pub fn hint(&self) -> Option<String> {
        match self.source.kind() {
            io::ErrorKind::AddrInUse => Some(format!(
                "another program listens there: end it, or choose another port (`{}:0` takes a free one)",
                self.address.ip()
            )),
            io::ErrorKind::PermissionDenied => {
                Some("ports below 1024 need a right of their own: choose a higher one".to_owned())
            }
            io::ErrorKind::AddrNotAvailable => {
                Some("the address is none of this machine's; `0.0.0.0` is all of them".to_owned())
            }
            _ => None,
        }
    }
}

/// Listens on an address.
///
/// # Errors
/// [`ListenError`] when it is taken, not allowed, or not this machine's.
pub(crate) async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ListenError> {
    let failed = |source| ListenError { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// What happened when serving ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrainReport {
    /// Requests that were open when serving was asked to end, and were answered.
    pub finished: usize,
    /// Requests that were cut, oldest first.
    pub cut: Vec<OpenRequest>,
    /// How long it took.
    pub elapsed: Duration,
    /// Instances that did not go when they were told to: guests that run without ever giving way.
    pub instances_left: usize,
}

/// A service and the address it listens on.
pub struct HttpServer {
    service: Arc<HttpService>,
    listener: TcpListener,
    address: SocketAddr,
    draining: Arc<AtomicBool>,
}

impl HttpServer {
    /// Listens where the service's configuration says. Connections wait until [`HttpServer::run`].
    ///
    /// # Errors
    /// [`ListenError`] when the address is taken, not allowed, or not this machine's.
    pub async fn bind(service: Arc<HttpService>) -> Result<Self, ListenError> {
        let (listener, address) = listen(service.config().listen).await?;
        Ok(Self { service, listener, address, draining: Arc::default() })
    }

    /// Where it listens, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// True once serving was asked to end: for health checks.
    pub fn draining(&self) -> Arc<AtomicBool> {
        self.draining.clone()
    }

    /// Serves until `drain` is ready, then takes no new work and waits for open requests: until all are
    /// answered, the time of the configuration is over, or `now` is ready.
    pub async fn run(self, drain: impl Future<Output = ()>, now: impl Future<Output = ()>) -> DrainReport {
        let Self { service, listener, draining, .. } = self;
        let (tasks, closing, cut) = (TaskTracker::new(), CancellationToken::new(), CancellationToken::new());
        let permits =
            Arc::new(Semaphore::new(service.config().max_connections.clamp(1, Semaphore::MAX_PERMITS)));
        let mut drain = pin!(drain);
        loop {
            let accepted = async {
                // The semaphore is never closed.
                let permit = permits.clone().acquire_owned().await.ok();
                (permit, listener.accept().await)
            };
            let (permit, stream) = tokio::select! {
                biased;
                () = &mut drain => break,
                (permit, accepted) = accepted => match accepted {
                    Ok((stream, _)) => (permit, stream),
                    Err(error) => {
                        tracing::warn!(%error, "a connection was not accepted");
                        if !is_of_one_connection(&error) {
                            tokio::time::sleep(REST).await;
                        }
                        continue;
                    }
                },
            };
            let connection = connection(service.clone(), stream, closing.clone(), cut.clone());
            tasks.spawn(async move {
                connection.await;
                drop(permit);
            });
        }
        draining.store(true, Ordering::Relaxed);
        drop(listener);
        let began = Instant::now();
        let open = service.open_request_count();
        tracing::info!(open, within = ?service.config().drain, "draining");
        closing.cancel();
        tasks.close();
        let in_time = tokio::select! {
            () = tasks.wait() => true,
            () = tokio::time::sleep(service.config().drain) => false,
            () = now => false,
        };
        let cut_requests = if in_time { Vec::new() } else { service.open_requests() };
        cut.cancel();
        let instances_left = instances_left(&service, &tasks).await;
        DrainReport {
            finished: open.saturating_sub(cut_requests.len()),
            cut: cut_requests,
            elapsed: began.elapsed(),
            instances_left,
        }
    }
}

/// Errors that belong to the connection that failed and not to the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Ends all instances, waits until they are gone, but not for long, and counts those that are not.
async fn instances_left(service: &HttpService, tasks: &TaskTracker) -> usize {
    // Connections first: nobody is told of a failure that is none.
    let _ = tokio::time::timeout(LAST_WAIT, tasks.wait()).await;
    service.stop();
    let _ = tokio::time::timeout(LAST_WAIT, service.all_instances_gone()).await;
    service.instance_count()
}

/// How long a client may take none of what is sent to it.
const STALLED_CLIENT: Duration = Duration::from_secs(60);

async fn connection(
    service: Arc<HttpService>,
    stream: TcpStream,
    closing: CancellationToken,
    cut: CancellationToken,
) {
    // Small pieces of a body, such as events, must not wait for each other. Without it they are late only.
    let _ = stream.set_nodelay(true);
    // A client that stops reading would keep its place for ever: what it does not take in time ends it.
    let stalled = u32::try_from(STALLED_CLIENT.as_millis()).unwrap_or(u32::MAX);
    let _ = rustix::net::sockopt::set_tcp_user_timeout(&stream, stalled);
    let connections = service.metrics().http.connections.clone();
    connections.inc();
    let config = service.config();
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .keep_alive(true)
        .max_header_size(config.header_bytes)
        .header_read_timeout(config.header_wait);
    if config.header_count != HEADERS_ON_STACK {
        builder.max_headers(config.header_count);
    }
    let answer = service_fn(|request: Request<Incoming>| async {
        let request = request.map(|body| body.map_err(Into::into).boxed_unsync());
        Ok::<_, Infallible>(service.respond(request, 1).await)
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), answer));
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                result = connection.as_mut() => result,
                () = cut.cancelled() => Ok(()),
            }
        }
    };
    connections.dec();
    if let Err(error) = result {
        tracing::debug!(%error, "a connection ended");
    }
}
