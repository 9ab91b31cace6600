//! An axum service over `wasi:http` 0.2: routes, query, JSON, and what the environment says.

use axum::extract::{Path, Query};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[wstd_axum::http_server]
fn main() -> Router {
    Router::new()
        .route("/", get(async || std::env::var("GREETING").unwrap_or_else(|_| "hello".to_owned())))
        .route("/users/{name}", get(user))
        .route("/echo", post(async |Json(value): Json<Value>| Json(json!({ "echo": value }))))
}

async fn user(Path(name): Path<String>, Query(query): Query<BTreeMap<String, String>>) -> Json<Value> {
    Json(json!({ "name": name, "query": query }))
}
