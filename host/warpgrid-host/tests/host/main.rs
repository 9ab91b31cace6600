//! The host, seen by guests: real engine, real components.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "set-up code: what fails here is a failed test")]

mod composing;
mod console;
mod embed;
mod engine;
mod explain;
mod files;
mod guests_rust;
mod harness;
mod http;
mod linking;
mod logs;
mod names;
mod running;
mod signals;
mod threading;
