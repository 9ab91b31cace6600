//! A service of WASI 0.2 by axum with one route for each thing that a host must cope with.

use axum::body::Bytes;
use axum::extract::Query;
use axum::http::HeaderMap;
use axum::{Router, routing::get, routing::post};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use wstd::time::Duration;

/// Requests that this instance has counted.
static COUNT: AtomicU64 = AtomicU64::new(0);

type Parameters = Query<HashMap<String, u64>>;

#[wstd_axum::http_server]
fn main() -> Router {
    Router::new()
        .route("/hello", get(async || "hello\n"))
        .route("/echo", post(async |body: Bytes| body))
        .route("/count", get(async || (COUNT.fetch_add(1, Ordering::Relaxed) + 1).to_string()))
        .route("/slow", get(slow))
        .route("/spin", get(spin))
        .route("/trap", get(trap))
        .route("/exit", get(exit))
        .route("/big", get(async |Query(p): Parameters| vec![b'x'; p["bytes"] as usize]))
        .route("/log", get(log))
        .route("/host", get(async |headers: HeaderMap| format!("{:?}", headers.get("host"))))
}

async fn slow(Query(parameters): Parameters) -> &'static str {
    // The timer of this runtime is not `Send`, the route must be: the wait is made where it is not asked.
    let _ = wstd::runtime::spawn(wstd::task::sleep(Duration::from_millis(parameters["ms"]))).await;
    "late\n"
}

async fn spin() -> &'static str {
    let mut turns = 0u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}

async fn trap() -> &'static str {
    std::process::abort()
}

async fn exit() -> &'static str {
    std::process::exit(3)
}

/// Writes lines of 100 bytes to standard output, and one strange line to standard error.
async fn log(Query(parameters): Parameters) -> &'static str {
    for line in 0..parameters["lines"] {
        println!("{line:0>99}");
    }
    eprint!("escape \u{1b}[31m and no end");
    "logged\n"
}
