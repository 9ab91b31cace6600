//! Guests that lose the session that they have, on real servers: what they hear, in the words of their protocol. Knows no
//! listener.
//!
//! | file | what it holds |
//! |---|---|
//! | `ways` | how a session is lost, and how a guest is brought there |
//! | `words` | what the guest hears, in each state |
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

#[path = "../proof/mod.rs"]
mod proof;
mod ways;
mod words;
