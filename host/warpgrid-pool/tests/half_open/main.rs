//! Servers that fall silent without closing: a relay that stops reading, behind a system that goes on confirming. Whoever
//! uses such a session learns it in time, and nobody is given one. Knows no encryption.
//!
//! | file | what it holds |
//! |---|---|
//! | `relay` | the relay |
//! | `silence` | the tests |
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]
#![expect(clippy::print_stdout, reason = "how long it took is a figure")]

#[path = "../proof/mod.rs"]
mod proof;
mod relay;
mod silence;
