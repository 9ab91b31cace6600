//! Eight ways in which a network fails, for each protocol, encrypted or not, through either door of a guest's stream: each
//! of the 96 cells has its outcome, of a session in use and of a login, and leaves no place lost. Knows no listener.
//!
//! | file | what it holds |
//! |---|---|
//! | `toxic` | the ways, as Toxiproxy names them, and what must come of each |
//! | `cell` | one cell |
//! | `matrix` | all of them |
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]
#![expect(clippy::print_stdout, reason = "the table is what people look at")]

mod cell;
mod matrix;
#[path = "../proof/mod.rs"]
mod proof;
mod toxic;
