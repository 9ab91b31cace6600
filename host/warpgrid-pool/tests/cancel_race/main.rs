//! Cancels that race with returns and next queries (R3), on real servers: no query of another guest is ever cancelled.
//!
//! | file | what it holds |
//! |---|---|
//! | `race` | guests that cancel at every wrong moment, and the guests that come after them |
//! | `postgres` | a `CancelRequest` |
//! | `mysql` | a `KILL QUERY` |
//!
//! 2,000 races, half of them on each server; with `WARPGRID_FULL=1` 100,000.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]
#![expect(clippy::print_stdout, reason = "what a proof counted is its result")]

#[path = "../lab/mod.rs"]
mod lab;
mod mysql;
mod postgres;
mod race;
