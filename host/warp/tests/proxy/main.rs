//! `warp proxy` as people use it: the real program, real servers, their own clients.
//!
//! | file | what it shows |
//! |---|---|
//! | `lab` | a configuration in a folder of its own, and a proxy that reads it |
//! | `raw` | PostgreSQL's protocol by hand, for what no client does |
//! | `clients` | psql, mariadb and redis-cli: reuse, TCP, Unix sockets, TLS, cancel |
//! | `guests` | who is let in |
//! | `wrong` | servers, clients and configurations that are not as they should be |
//! | `operate` | status, metrics, reload, drain, signals, `--check` |
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

mod clients;
mod guests;
mod lab;
mod operate;
mod raw;
mod wrong;
