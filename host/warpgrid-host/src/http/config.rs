//! How a service is served: addresses, sizes and waits with their defaults; reads no file.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How a service is served. The time for one request is `GuestLimits::request`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpConfig {
    /// Where to listen; port 0 takes a free one. Default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// Where `/metrics` and `/healthz` are answered. Default none: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// Instances that may exist at the same time. At least 1. Default 100.
    pub max_instances: usize,
    /// Requests that one instance answers at the same time. At least 1; a guest of WASI 0.2 always has 1.
    /// Default none: 16 for WASI 0.3.
    pub concurrent_requests: Option<usize>,
    /// Requests that one instance answers before a new one takes its place. At least 1. Default 128.
    pub requests_per_instance: usize,
    /// How long an instance without work is kept. Default 10 seconds.
    pub idle: Duration,
    /// Requests that may wait for an instance; one more is answered 503 at once. Default 1000.
    pub queue_length: usize,
    /// How long a request may wait for an instance before it is answered 503. Default 5 seconds.
    pub queue_wait: Duration,
    /// Connections that may be open at the same time; one more waits in the system's backlog. At least 1.
    /// Default 1000.
    pub max_connections: usize,
    /// Bytes of a request's line and headers together; more is answered 431. At least 8 KiB.
    /// Default 64 KiB.
    pub header_bytes: usize,
    /// Headers of one request; more is answered 431. Default 100.
    pub header_count: usize,
    /// How long a client may take to send the headers of a request, and how long a connection may be idle
    /// between two. Default 15 seconds.
    pub header_wait: Duration,
    /// Bytes of a request's body; more is answered 413, or ends the body with an error if its length was
    /// not declared. Default none: no limit.
    pub body_bytes: Option<u64>,
    /// How long requests may go on after serving was asked to end. Default 30 seconds.
    pub drain: Duration,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            metrics_listen: None,
            max_instances: 100,
            concurrent_requests: None,
            requests_per_instance: 128,
            idle: Duration::from_secs(10),
            queue_length: 1000,
            queue_wait: Duration::from_secs(5),
            max_connections: 1000,
            header_bytes: 64 * 1024,
            header_count: 100,
            header_wait: Duration::from_secs(15),
            body_bytes: None,
            drain: Duration::from_secs(30),
        }
    }
}
