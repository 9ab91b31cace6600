//! MySQL's wire protocol against real servers: MariaDB, and MySQL where a package of it is there.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

mod canaries;
mod commands;
mod guests;
mod lab;
mod logins;
mod relay;
mod replay;
mod tls;
