//! Sessions of PostgreSQL, MySQL and Redis servers, pooled for many tenants; knows nothing of WebAssembly or of
//! configuration files.
//!
//! A guest's driver speaks its protocol from the first byte to the last. The host answers the guest's login itself
//! (`greet`), takes a session out of the pool that it logged in earlier with credentials of its own (`login`), and then
//! passes bytes unaltered in both directions while it watches the headers (`track`). When the guest goes, a session in a
//! known state is reset in the background and kept; any other is destroyed. See `docs/adr/` for the decision.
//!
//! | module | what it holds |
//! |---|---|
//! | [`config`] | limits and time-outs of a pool, with their defaults |
//! | [`endpoint`] | a server with the credentials, and who may use it how |
//! | [`secret`] | passwords that no log shows |
//! | [`error`] | why a guest gets no session |
//! | `key` | which sessions are alike |
//! | `protocol` | the wire protocols, the same files for each |
//! | [`net`] | connecting to servers: TCP, Unix sockets, TLS |
//! | `session` | a logged-in connection to a server |
//! | `pool`, `inner`, `state` | sharing sessions out: the face, the lock, what changes under it |
//! | `waiting`, `idle`, `guard` | whose turn it is, the sessions that nobody has, a session that is taken |
//! | `coming`, `promised` | sessions that are being reset and the guests that wait for just them, who gets what arrives |
//! | `opening`, `cleanup`, `healthcheck` | tasks: logging in, making a used session new, asking whether one lives |
//! | `monitor`, `drain` | what ends by the clock, and how everything ends |
//! | `cancel` | which running query a guest may cancel |
//! | `abandoned` | statements that would go on although their session was destroyed |
//! | [`stats`] | what to count |
//! | [`guest`] | the guest's end of a session: bytes in, bytes out |
//! | [`listen`] | the door for native programs: TCP and Unix sockets |

pub mod config;
pub mod endpoint;
pub mod error;
pub mod guest;
pub mod listen;
pub mod net;
pub mod protocol;
pub mod secret;
pub mod stats;

mod abandoned;
mod cancel;
mod cleanup;
mod coming;
mod drain;
mod guard;
mod healthcheck;
mod idle;
mod inner;
pub mod key;
mod monitor;
mod opening;
mod pool;
mod promised;
mod session;
mod state;
#[cfg(test)]
mod tests;
mod waiting;

pub use pool::{ConnectionPoolManager, Pool};
