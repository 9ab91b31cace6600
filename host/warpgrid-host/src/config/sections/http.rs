//! `[http]`: how a service is served; opens no port.

use crate::config::error::ConfigError;
use crate::config::keys::{Key, key};
use crate::config::reader::Reader;
use crate::config::values::{Count, Seconds, Size};
use crate::http::HttpConfig;
use std::net::SocketAddr;

pub(in crate::config) const KEYS: &[Key] = &[
    key(
        &["http"],
        "table",
        "what the component is",
        "The application serves HTTP. Excludes `[command]`. How many instances there may be and how long a request may take stands in `[limits]`.",
    ),
    key(
        &["http", "listen"],
        "address with port",
        "`\"127.0.0.1:8080\"`",
        "Where to listen; port 0 takes a free one.",
    ),
    key(
        &["http", "metrics-listen"],
        "address with port",
        "none",
        "Where `/metrics` and `/healthz` are answered. They have no password: keep them off public addresses.",
    ),
    key(
        &["http", "concurrent-requests"],
        "whole number",
        "16 for WASI 0.3; WASI 0.2 always has 1",
        "Requests that one instance answers at the same time.",
    ),
    key(
        &["http", "requests-per-instance"],
        "whole number",
        "`128`",
        "Requests that one instance answers before a new one takes its place; 1 gives every request its own.",
    ),
    key(&["http", "idle-seconds"], "seconds", "`10`", "How long an instance without work is kept."),
    key(
        &["http", "queue-length"],
        "whole number",
        "`1000`",
        "Requests that may wait for an instance; one more is answered 503 at once.",
    ),
    key(
        &["http", "queue-wait-seconds"],
        "seconds",
        "`5`",
        "How long a request may wait for an instance before it is answered 503.",
    ),
    key(
        &["http", "max-connections"],
        "whole number",
        "`1000`",
        "Connections that may be open at the same time; one more waits in the system's backlog.",
    ),
    key(
        &["http", "header-size"],
        "size",
        "`\"64KiB\"`",
        "Bytes of a request's line and headers together; more is answered 431. At least 8 KiB.",
    ),
    key(&["http", "header-count"], "whole number", "`100`", "Headers of one request; more is answered 431."),
    key(
        &["http", "header-wait-seconds"],
        "seconds",
        "`15`",
        "How long a client may take to send the headers of a request, and how long a connection may be idle between two.",
    ),
    key(
        &["http", "body-size"],
        "size",
        "no limit",
        "Bytes of a request's body; more is answered 413, or ends the body with an error if its length was not declared.",
    ),
    key(
        &["http", "drain-seconds"],
        "seconds",
        "`30`",
        "How long requests may go on after the host was asked to end.",
    ),
];

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::config) struct RawHttp {
    listen: Option<String>,
    metrics_listen: Option<String>,
    concurrent_requests: Option<Count>,
    requests_per_instance: Option<Count>,
    idle_seconds: Option<Seconds>,
    queue_length: Option<Count>,
    queue_wait_seconds: Option<Seconds>,
    max_connections: Option<Count>,
    header_size: Option<Size>,
    header_count: Option<Count>,
    header_wait_seconds: Option<Seconds>,
    body_size: Option<Size>,
    drain_seconds: Option<Seconds>,
}

pub(in crate::config) fn read(reader: &Reader<'_>, raw: RawHttp) -> Result<HttpConfig, ConfigError> {
    let table = reader.table(&["http"]);
    let address = |key: &str, text: String| {
        text.parse::<SocketAddr>().map_err(|_| {
            let expected = "an address with a port, such as \"127.0.0.1:8080\" or \"[::1]:8080\"";
            table.error(key, &format!("`{text}` is not {expected}"))
        })
    };
    let mut http = HttpConfig::default();
    if let Some(text) = raw.listen {
        http.listen = address("listen", text)?;
    }
    if let Some(text) = raw.metrics_listen {
        let metrics = address("metrics-listen", text)?;
        if metrics == http.listen && metrics.port() != 0 {
            return Err(table.error("metrics-listen", "the service itself listens there"));
        }
        http.metrics_listen = Some(metrics);
    }
    if raw.concurrent_requests.is_some() {
        let mut requests = 0;
        table.count("concurrent-requests", raw.concurrent_requests, 1..=10_000, &mut requests)?;
        http.concurrent_requests = Some(requests);
    }
    const MANY: usize = 1_000_000;
    table.count(
        "requests-per-instance",
        raw.requests_per_instance,
        1..=MANY,
        &mut http.requests_per_instance,
    )?;
    table.seconds(raw.idle_seconds, &mut http.idle);
    table.count("queue-length", raw.queue_length, 0..=MANY, &mut http.queue_length)?;
    table.seconds(raw.queue_wait_seconds, &mut http.queue_wait);
    table.count("max-connections", raw.max_connections, 1..=MANY, &mut http.max_connections)?;
    table.size("header-size", raw.header_size, 8 << 10..=16 << 20, &mut http.header_bytes)?;
    table.count("header-count", raw.header_count, 1..=10_000, &mut http.header_count)?;
    table.some_seconds("header-wait-seconds", raw.header_wait_seconds, &mut http.header_wait)?;
    http.body_bytes = raw.body_size.map(|size| size.0);
    table.seconds(raw.drain_seconds, &mut http.drain);
    Ok(http)
}
