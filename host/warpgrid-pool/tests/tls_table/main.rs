//! Encryption on the way to servers, row by row: who is believed, who is refused, and in what words.
//!
//! | file | what it holds |
//! |---|---|
//! | `certificates` | certificates, good and bad |
//! | `server` | a PostgreSQL server in this process, which does what a row says |
//! | `table` | the rows |
//! | `real` | rows against real servers |

#![cfg(test)]

mod certificates;
mod real;
mod server;
mod table;
