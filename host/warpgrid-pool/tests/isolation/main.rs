//! Nothing of one tenant, credential or login is another's (S3), on real servers: sessions, cancels, kills, passwords.
//!
//! | file | what it holds |
//! |---|---|
//! | `keys` | sessions of other tenants, databases and start-up sets are never exchanged |
//! | `credentials` | a wrong password is never served by the warm pool of the right one |
//! | `cancels` | forged keys of PostgreSQL cancel nothing |
//! | `kills` | foreign numbers of MySQL kill nothing |
//! | `logins` | guests that must say who they are, in front of a warm pool |
//! | `scram` | a guest's half of SCRAM-SHA-256 |
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

mod cancels;
mod credentials;
mod keys;
mod kills;
#[path = "../lab/mod.rs"]
mod lab;
mod logins;
mod scram;

use lab::servers::{at_rest, connect};
use lab::{mysql::Mysql, postgres::Postgres, redis::Redis};
use std::sync::Arc;
use warpgrid_pool::Pool;
use warpgrid_pool::endpoint::Protocol;

/// One guest comes, asks the server for the number of its session, and leaves in order.
async fn session_number(pool: &Arc<Pool>, tenant: &str) -> Result<String, String> {
    let stream = connect(pool, tenant);
    let number = match pool.endpoint().protocol {
        Protocol::Postgres => {
            let mut guest = Postgres::log_in(stream, &[]).await?;
            let number = guest.ask("SELECT pg_backend_pid()").await?.rows.concat();
            guest.leave().await?;
            number
        }
        Protocol::Mysql => {
            let mut guest = Mysql::log_in(stream).await?;
            let number = guest.ask("SELECT CONNECTION_ID()").await?[0].rows.concat();
            guest.leave().await?;
            number
        }
        Protocol::Redis => {
            let mut guest = Redis::new(stream);
            let number = guest.ask(&["CLIENT ID"]).await?.concat();
            guest.leave().await?;
            number
        }
    };
    at_rest(pool).await;
    match number.parse::<u64>() {
        Ok(_) => Ok(number),
        Err(_) => Err(format!("instead of a session's number: {number}")),
    }
}
