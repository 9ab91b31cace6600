//! The host, seen by guests: real engine, real components.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "set-up code: what fails here is a failed test")]

mod composing;
mod deny_matrix;
mod files;
mod guests_rust;
mod harness;
mod limits;
mod linking;
mod names;
mod running;
