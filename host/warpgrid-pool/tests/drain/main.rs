//! A pool that ends while guests use it: what was committed was told, nothing new begins, and it ends in time or says who
//! did not. Knows no signal and no listener.
//!
//! | file | what it holds |
//! |---|---|
//! | `commits` | guests that commit, each counting what it was told |
//! | `ends` | the tests |
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

mod commits;
mod ends;
#[path = "../proof/mod.rs"]
mod proof;
