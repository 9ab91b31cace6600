//! Real database servers for tests: PostgreSQL, MariaDB, MySQL, Redis and PgBouncer, started as an ordinary user from
//! unpacked packages on a free port of 127.0.0.1 and a Unix socket. Knows not what is tested with them.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use warpgrid_test_services::{Services, TlsCertificate};
//!
//! let services = Services::from_environment()?;
//! let server = services.postgres().max_connections(20).certificate(TlsCertificate::Expired).start()?;
//! println!("postgres://app@127.0.0.1:{}/app", server.port());
//! server.admin_sql("CREATE TABLE t (x int)")?;
//! server.kill_nine()?;
//! server.restart()?; // same port, same data
//! # Ok(())
//! # } // the server and its data are gone
//! ```
//!
//! Nothing here is secret from other processes of the same user, and nothing is durable against a crash of the machine.

mod account;
mod builder;
mod certificates;
mod client;
mod launch;
mod mariadb;
mod mysql;
mod mysql_family;
mod pgbouncer;
mod place;
mod port;
mod postgres;
mod postgres_family;
mod process;
mod product;
mod ready;
mod redis;
mod secret;
mod server;
mod services;
mod template;

pub use builder::ServerBuilder;
pub use certificates::{Certificates, TlsCertificate};
pub use client::ClientProgram;
pub use product::ProductKind;
pub use server::Server;
pub use services::{FETCH_COMMAND, FOLDER_VARIABLE, Services};
