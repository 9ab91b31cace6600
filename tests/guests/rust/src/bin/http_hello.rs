//! Answers every request with a greeting, by axum over `wasi:http` 0.2.

use axum::{Router, routing::get};

#[wstd_axum::http_server]
fn main() -> Router {
    Router::new().route("/", get(async || "hello\n"))
}
