//! What an operator sees: request ids, log lines, metrics, health.

use super::client::{connect, on_free_port, send, serve, serve_limited};
use crate::logs::{self, Logs};
use http::{Request, StatusCode};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_host::http::AdminServer;

/// Waits for lines with a text.
async fn until_logged(logs: &Logs, text: &str, count: usize) {
    let waited = tokio::time::timeout(Duration::from_secs(60), async {
        while logs.lines_with(text).len() < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    assert!(waited.await.is_ok(), "no `{text}` in\n{}", logs.text());
}

#[tokio::test]
async fn one_id_goes_through_the_response_and_all_log_lines() {
    let (logs, _guard) = logs::capture();
    let served = serve("http_routes", on_free_port()).await;
    let answer = served.send(Request::get("/log?lines=1").header("x-request-id", "order-17"), "").await;
    assert_eq!(answer.headers["x-request-id"], "order-17");
    let failed = served.send(Request::get("/trap").header("x-request-id", "order-18"), "").await;
    assert_eq!(failed.headers["x-request-id"], "order-18");
    until_logged(&logs, "the guest trapped", 1).await;
    until_logged(&logs, ": answered ", 2).await;
    let written = logs.lines_with("0000000000");
    assert!(
        written[0].contains("request=\"order-17\"") && written[0].contains("stream=\"stdout\""),
        "{written:?}"
    );
    let answered = logs.lines_with(": answered ");
    assert!(
        answered[0].contains("request{id=order-17}") && answered[0].contains("status=200"),
        "{answered:?}"
    );
    assert!(
        answered[1].contains("request{id=order-18}") && answered[1].contains("status=500"),
        "{answered:?}"
    );
    let trapped = logs.lines_with("the guest trapped");
    assert!(trapped[0].contains("order-18") && trapped[0].contains("unreachable"), "{trapped:?}");
}

#[tokio::test]
async fn strange_ids_are_replaced_and_missing_ones_made() {
    let served = serve("http_routes", on_free_port()).await;
    let strange = served.send(Request::get("/hello").header("x-request-id", "a b\tc"), "").await;
    let made = strange.headers["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(made.len(), 36, "{made}");
    assert_ne!(served.get("/hello").await.headers["x-request-id"], made.as_str());
}

#[tokio::test]
async fn what_a_guest_writes_is_escaped_bounded_and_warned_about_once() {
    let (logs, _guard) = logs::capture();
    let limits = GuestLimits { log_bytes: 350, ..GuestLimits::default() };
    let served = serve_limited("http_routes", on_free_port(), limits).await;
    served.get("/log?lines=2").await;
    served.get("/log?lines=500").await;
    served.end().await;
    let escaped = logs.lines_with("escape ");
    assert!(
        escaped[0].contains("escape \\u{1b}[31m and no end") && !escaped[0].contains('\u{1b}'),
        "{escaped:?}"
    );
    assert_eq!(logs.lines_with("00000000000").len(), 4, "the last one in part");
    assert_eq!(logs.lines_with("the rest is dropped").len(), 1);
}

#[tokio::test]
async fn the_metrics_hold_what_happened() {
    let served = serve("http_routes", on_free_port()).await;
    served.get("/hello").await;
    served.get("/hello").await;
    served.get("/nothing/here").await;
    served.send(Request::builder().method("BREW").uri("/trap"), "").await;
    for line in [
        "warpgrid_http_requests_total{method=\"GET\",status=\"2xx\"} 2",
        "warpgrid_http_requests_total{method=\"GET\",status=\"4xx\"} 1",
        "warpgrid_http_request_seconds_count 4",
        "warpgrid_http_requests_in_flight 0",
        "warpgrid_http_queue 0",
    ] {
        served.until_metrics(line).await;
    }
    let text = served.service.metrics().text();
    assert!(text.contains("warpgrid_http_requests_total{method=\"other\""), "{text}");
    assert!(text.contains("warpgrid_http_request_seconds_bucket{le=\"+Inf\"} 4"), "{text}");
    let service = served.service.clone();
    served.end().await;
    assert!(service.metrics().text().contains("\nwarpgrid_instances 0\n"));
}

#[tokio::test]
async fn metrics_and_health_have_an_address_of_their_own() {
    let served = serve("http_routes", on_free_port()).await;
    served.get("/hello").await;
    let draining = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let free = "127.0.0.1:0".parse().unwrap();
    let admin = AdminServer::bind(free, served.service.metrics().clone(), draining.clone()).await.unwrap();
    let address = admin.address();
    tokio::spawn(admin.run());
    let mut connection = connect(address).await;
    let metrics = send(&mut connection, Request::get("/metrics"), "").await.unwrap();
    assert!(metrics.headers["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    assert!(metrics.text().ends_with("# EOF\n"));
    let health = send(&mut connection, Request::get("/healthz"), "").await.unwrap();
    assert_eq!(health.text(), "ok\n");
    draining.store(true, Ordering::Relaxed);
    let mut status = async |request| send(&mut connection, request, "").await.unwrap().status;
    assert_eq!(status(Request::get("/healthz")).await, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(status(Request::get("/")).await, StatusCode::NOT_FOUND);
    assert_eq!(status(Request::post("/metrics")).await, StatusCode::METHOD_NOT_ALLOWED);
}
