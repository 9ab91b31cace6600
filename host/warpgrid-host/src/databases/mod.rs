//! The databases of an application: the pool behind each binding; knows no door and no wire protocol.
//!
//! | file | what it holds |
//! |---|---|
//! | `pools` | [`Databases`]: the pool of each binding, and whose sessions they are |
//! | `configure` | from `[bindings]` and its secrets to endpoints |
//! | `names` | the host's own look-up of a server's name |
//! | `connection` | [`DatabaseConnection`]: a guest's end of a session, counted |
//! | `publish` | the pools' numbers among the metrics |

mod configure;
mod connection;
mod names;
mod pools;
mod publish;

pub use configure::{DatabasesError, pool_manager};
pub(crate) use connection::InstanceDatabases;
pub use connection::{ConnectError, DatabaseConnection};
pub use names::ServerNames;
pub use pools::Databases;
