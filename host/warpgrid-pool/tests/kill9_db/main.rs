//! `kill -9` of the server in whatever it does: guests learn it at once, the pool serves when the server is back, and
//! nothing is sent twice. Knows no encryption.
//!
//! | file | what it holds |
//! |---|---|
//! | `moment` | what goes on when the server is killed, in each protocol |
//! | `kills` | the tests |
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "set-up code: what fails here is a failed test")]
#![expect(clippy::print_stdout, reason = "how long it took is a figure")]

mod kills;
mod moment;
#[path = "../proof/mod.rs"]
mod proof;
