//! A service with a counter in PostgreSQL: axum and sqlx as everybody writes them, and no password anywhere.

use axum::{Router, http::StatusCode, routing::get};
use sqlx::{ConnectOptions, Connection, postgres::PgConnectOptions, query, query_scalar};
use std::{env::var, error::Error, net::ToSocketAddrs};

/// Inserts a row and counts all of them.
async fn count() -> Result<i64, Box<dyn Error>> {
    let host = var("DB_HOST").unwrap_or("db.production.warp.local".into());
    let port = var("DB_PORT").map_or(Ok(5432), |port| port.parse())?;
    // tokio would look the name up on a thread, which a component has not.
    let address = (host.as_str(), port).to_socket_addrs()?.next().ok_or("the name has no address")?;
    let options = PgConnectOptions::new().host(&address.ip().to_string()).port(address.port());
    let mut connection = options.connect().await?;
    query("INSERT INTO visits DEFAULT VALUES").execute(&mut connection).await?;
    let count = query_scalar("SELECT count(*) FROM visits").fetch_one(&mut connection).await?;
    connection.close().await?;
    Ok(count)
}

/// sqlx runs on tokio, axum here on `wasi:http`: each request has a tokio of its own.
async fn visit() -> Result<String, (StatusCode, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let count = runtime.map_err(Box::from).and_then(|tokio| tokio.block_on(count()));
    count.map(|count| format!("{count}\n")).map_err(|error| (StatusCode::BAD_GATEWAY, format!("{error}\n")))
}

#[wstd_axum::http_server]
fn main() -> Router {
    Router::new().route("/count", get(visit))
}
