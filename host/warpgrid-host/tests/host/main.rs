//! The host, seen by guests: real engine, real components.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

mod composing;
mod console;
mod engine;
mod files;
mod guests_rust;
mod harness;
mod http;
mod http_outgoing;
mod deny_matrix;
mod files;
mod guests_rust;
mod harness;
mod limits;
mod linking;
mod logs;
mod names;
mod running;
mod signals;
mod threading;
mod sockets;
mod ssrf;
