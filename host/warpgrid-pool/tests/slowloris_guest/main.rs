//! Guests that take their time: that never read an answer of a gigabyte, read or send it byte by byte, leave a transaction
//! open, or never say who they are. They lose their session when their time is over, others are served as before, and the
//! memory stays flat. Knows no listener.
//!
//! | file | what it holds |
//! |---|---|
//! | `slow` | what slow guests do |
//! | `others` | the guests beside them: how long they wait |
//! | `memory` | how much of it the process has |
//! | `deadlines` | the test |
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

mod deadlines;
mod memory;
mod others;
#[path = "../proof/mod.rs"]
mod proof;
mod slow;
