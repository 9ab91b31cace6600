//! What the programs with a database share: one set of sub-commands for every driver.
//!
//! | file | what it holds |
//! |---|---|
//! | `settings` | where the database is, out of the environment |
//! | `sql` | the sub-commands for PostgreSQL and MySQL, over any driver |
//! | `keys` | the sub-commands for Redis, over any driver |
//! | `memory` | the search of the program's own memory for a word |
//! | `stream` | bytes both ways, over whatever door; `std`'s is here |
//! | `postgres`, `mysql`, `redis` | the raw protocols over such bytes: just enough for the sub-commands |

pub mod keys;
pub mod memory;
pub mod mysql;
pub mod postgres;
pub mod redis;
pub mod settings;
pub mod sql;
pub mod stream;

pub use settings::Settings;

/// What a sub-command gives; a driver's error is passed on as it is.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
