//! What is counted of HTTP; decides nothing.

use http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// Upper bounds of the latency histogram, in seconds.
const BUCKETS: [f64; 14] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0];

/// Labels of a request. Both have few values whatever clients send.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    status: &'static str,
}

/// Labels of a request that was turned away.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TurnedAwayLabels {
    reason: &'static str,
}

/// Why a request was turned away before a guest saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TurnedAway {
    /// The queue was full.
    QueueFull,
    /// It waited too long for an instance.
    QueueWait,
}

impl TurnedAway {
    fn label(self) -> &'static str {
        match self {
            TurnedAway::QueueFull => "queue-full",
            TurnedAway::QueueWait => "queue-wait",
        }
    }
}

/// What is counted of HTTP.
pub(crate) struct HttpMetrics {
    requests: Family<RequestLabels, Counter>,
    seconds: Histogram,
    turned_away: Family<TurnedAwayLabels, Counter>,
    /// Requests that are answered now, those that wait included.
    pub(crate) in_flight: Gauge,
    /// Requests that wait for an instance now.
    pub(crate) waiting: Gauge,
    /// Connections that are open now.
    pub(crate) connections: Gauge,
}

impl HttpMetrics {
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let this = Self {
            requests: Family::default(),
            seconds: Histogram::new(BUCKETS),
            turned_away: Family::default(),
            in_flight: Gauge::default(),
            waiting: Gauge::default(),
            connections: Gauge::default(),
        };
        registry.register("http_requests", "requests by method and class of status", this.requests.clone());
        let seconds = "time from a request's headers to the last byte of its response";
        registry.register("http_request_seconds", seconds, this.seconds.clone());
        registry.register(
            "http_turned_away",
            "requests answered 503 by back-pressure",
            this.turned_away.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "requests that are answered or wait now",
            this.in_flight.clone(),
        );
        registry.register("http_queue", "requests that wait for an instance now", this.waiting.clone());
        registry.register("http_connections", "connections that are open now", this.connections.clone());
        this
    }

    /// Counts a request. No status: the client did not wait for the end of the response.
    pub(crate) fn answered(&self, method: &Method, status: Option<StatusCode>, elapsed: Duration) {
        let labels = RequestLabels { method: method_label(method), status: status_label(status) };
        self.requests.get_or_create(&labels).inc();
        self.seconds.observe(elapsed.as_secs_f64());
    }

    /// Counts a request that was turned away.
    pub(crate) fn turned_away(&self, reason: TurnedAway) {
        self.turned_away.get_or_create(&TurnedAwayLabels { reason: reason.label() }).inc();
    }
}

fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn status_label(status: Option<StatusCode>) -> &'static str {
    match status.map(|status| status.as_u16() / 100) {
        None => "aborted",
        Some(1) => "1xx",
        Some(2) => "2xx",
        Some(3) => "3xx",
        Some(4) => "4xx",
        Some(_) => "5xx",
    }
}
