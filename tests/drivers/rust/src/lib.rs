//! What every program of the driver matrix shares: cells, settings, answers; knows no driver and no server.
//!
//! | file | what it has |
//! |---|---|
//! | `cell` | the names of the cells, and what they have in common |
//! | `settings` | the `DRIVER_…` variables |
//! | `answer` | the last line of a program and its exit code |
//! | `check` | comparisons and waiting, with errors that say what was expected |
//! | `client` | a command-line client as a child process |
mod answer;
mod cell;
mod check;
mod client;
mod settings;

pub use answer::{Answer, run};
pub use cell::{BULK_ROWS, Cell, PASSES, QUERIES, bulk_rows, unique};
pub use check::{eventually, same, until, within};
pub use client::{Client, Said};
pub use settings::Settings;
