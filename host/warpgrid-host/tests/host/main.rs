//! The host, seen by guests: real engine, real components.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "set-up code: what fails here is a failed test")]

mod composing;
mod console;
mod deny_matrix;
mod dns;
mod embed;
mod engine;
mod explain;
mod files;
mod guests_db;
mod guests_go;
mod guests_rust;
mod guests_sdk;
mod harness;
mod http;
mod http_outgoing;
mod limits;
mod linking;
mod logs;
mod running;
mod signals;
mod sockets;
mod ssrf;
mod threading;
mod vfs_fuzz;
