//! Sessions that are lost while guests have them, on real servers: what the guests hear, and what the servers go on with;
//! knows no door of a guest.
//!
//! | file | what it holds |
//! |---|---|
//! | `ways` | how a session is lost, and how a guest is brought there |
//! | `words` | what the guest hears, in each state |
//! | `clients` | what the servers' own clients make of it, through a listener |
//! | `statements` | what the server worked on is stopped, and nothing else |
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

mod clients;
#[path = "../proof/mod.rs"]
mod proof;
mod statements;
mod ways;
mod words;
