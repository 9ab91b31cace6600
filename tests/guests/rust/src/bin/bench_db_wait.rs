//! A service whose every request waits in PostgreSQL for as long as `DB_WAIT` says, in seconds; knows no password.

use axum::{Router, http::StatusCode, routing::get};
use sqlx::{ConnectOptions, Connection, postgres::PgConnectOptions, query};
use std::{env::var, error::Error, net::ToSocketAddrs};

async fn wait() -> Result<(), Box<dyn Error>> {
    let seconds: f64 = var("DB_WAIT")?.parse()?;
    let address =
        (var("DB_HOST")?.as_str(), 5432).to_socket_addrs()?.next().ok_or("the name has no address")?;
    let options = PgConnectOptions::new()
        .host(&address.ip().to_string())
        .port(address.port())
        .username(&var("DB_USER")?)
        .database(&var("DB_NAME")?);
    let mut connection = options.connect().await?;
    query("SELECT pg_sleep($1)").bind(seconds).execute(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn answer() -> Result<&'static str, (StatusCode, String)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let waited = runtime.map_err(Box::from).and_then(|tokio| tokio.block_on(wait()));
    waited.map(|()| "hello\n").map_err(|error| (StatusCode::BAD_GATEWAY, format!("{error}\n")))
}

#[wstd_axum::http_server]
fn main() -> Router {
    Router::new().route("/", get(answer))
}
