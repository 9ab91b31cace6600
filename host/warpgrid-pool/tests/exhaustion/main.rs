//! More guests than sessions (R7), on a real PostgreSQL: nobody is forgotten, nobody is overtaken, nobody gets more than
//! its share, and who cannot be served learns it at once.
//!
//! | file | what it holds |
//! |---|---|
//! | `crowd` | 1,000 guests on ten sessions |
//! | `shares` | a greedy tenant beside others |
//! | `refusals` | a queue that is full |
//!
//! Ten seconds or so; with `WARPGRID_FULL=1` ten minutes, and then the figures of time are judged too.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

mod crowd;
#[path = "../lab/mod.rs"]
mod lab;
mod refusals;
mod shares;

use std::sync::Arc;
use std::time::Duration;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Endpoint;
use warpgrid_pool::{ConnectionPoolManager, Pool};
use warpgrid_test_services::Server;

/// Sessions of the pool.
const SIZE: usize = 10;

/// A server and a pool of ten sessions, whose logins cost little.
fn scene(options: PoolOptions) -> (Server, Arc<ConnectionPoolManager>, Arc<Pool>) {
    let server = lab::servers::services().postgres().start().unwrap();
    // A thousand guests on one thread, of a busy machine: what the pool itself waits for may come late.
    let patience = Duration::from_secs(60);
    let options = PoolOptions { size: SIZE, connect: patience, reset: patience, ..options };
    let endpoint = lab::servers::endpoint(&server, options);
    let manager = lab::servers::manager(1);
    let pool = manager.pool(Endpoint { user: Some("app_trust".to_owned()), password: None, ..endpoint });
    (server, manager, pool)
}
