//! The host, seen by guests: real engine, real components.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

mod composing;
mod files;
mod guests_rust;
mod harness;
mod linking;
mod names;
mod running;
mod vfs_fuzz;
