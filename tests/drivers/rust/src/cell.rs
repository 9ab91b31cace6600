//! The cells of the matrix: one question to a driver each; knows no driver.
use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::bail;

/// One cell, as the command line names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// Connects, asks, gets the right answer.
    Connect,
    /// The same [`PASSES`] times, each leaving traces that the next must not see.
    Reuse,
    /// Prepared statements, and the same statement name in two following connections.
    Prepared,
    /// Several requests on the way at once.
    Pipeline,
    /// Rows in bulk, in and out.
    Copy,
    /// Notifications.
    Listen,
    /// A running query is ended from outside.
    Cancel,
    /// Encryption, and a certificate of another authority refused.
    Tls,
    /// A connection that is closed in the middle of a transaction.
    TransactionLeftOpen,
    /// A password that is not right.
    WrongPassword,
    /// The server goes away and comes back.
    ServerRestart,
}

/// Every cell with its name.
const NAMES: &[(&str, Cell)] = &[
    ("connect", Cell::Connect),
    ("reuse", Cell::Reuse),
    ("prepared", Cell::Prepared),
    ("pipeline", Cell::Pipeline),
    ("copy", Cell::Copy),
    ("listen", Cell::Listen),
    ("cancel", Cell::Cancel),
    ("tls", Cell::Tls),
    ("transaction-left-open", Cell::TransactionLeftOpen),
    ("wrong-password", Cell::WrongPassword),
    ("server-restart", Cell::ServerRestart),
];

/// Connections, one after the other, of the cell `reuse`.
pub const PASSES: usize = 20;

/// Requests at once in the cell `pipeline`.
pub const QUERIES: i32 = 20;

/// Rows of the cell `copy`: enough to fill several packets.
pub const BULK_ROWS: usize = 5000;

impl Cell {
    /// The cell of that name.
    ///
    /// # Errors
    /// When there is none; the message lists all.
    pub fn of_name(name: &str) -> anyhow::Result<Self> {
        if let Some((_, cell)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(*cell);
        }
        let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
        bail!("there is no cell `{name}`; the cells are {}", names.join(", "))
    }

    /// The fact of the cell `reuse`, from the server's ids of the sessions that were used.
    #[must_use]
    pub fn reuse_fact<T: Ord>(sessions: &BTreeSet<T>) -> String {
        format!("{PASSES} connections, {} server sessions", sessions.len())
    }
}

/// A name that nobody else uses: programs run at the same time on the same server.
#[must_use]
pub fn unique(cell: &str) -> String {
    format!("driver_{cell}_{:012x}", fastrand::u64(..) >> 16)
}

/// The rows of the cell `copy`, tab-separated: a number, and a text that is not ASCII alone.
#[must_use]
pub fn bulk_rows() -> String {
    let mut rows = String::new();
    for number in 0..BULK_ROWS {
        let _ = writeln!(rows, "{number}\tZeile grün {number}");
    }
    rows
}
