//! The databases of an application: the pool behind each binding; knows no door and no wire protocol.
//!
//! | file | what it holds |
//! |---|---|
//! | `pools` | [`Databases`]: the pool of each binding, and whose sessions they are |
//! | `configure` | from `[bindings]` and its secrets to endpoints |
//! | `listeners` | from `[listeners]` to what the pool's listeners are bound with |
//! | `names` | the host's own look-up of a server's name |
//! | `connection` | [`DatabaseConnection`]: a guest's end of a session, counted |
//! | `publish` | the pools' numbers among the metrics |

mod configure;
mod connection;
mod listeners;
mod names;
mod pools;
mod publish;

pub use configure::{DatabasesError, pool_manager, pool_manager_with};
pub(crate) use connection::InstanceDatabases;
pub use connection::{ConnectError, DatabaseConnection};
pub use listeners::ListenersError;
pub use names::ServerNames;
pub use pools::Databases;
