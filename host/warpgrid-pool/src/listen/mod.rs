//! The door for native programs: TCP and Unix sockets in front of a pool; knows no configuration file.
//!
//! | file | what it holds |
//! |---|---|
//! | `options` | [`ListenOptions`]: where, how many, how long |
//! | `tls` | [`TlsServer`]: encryption towards the clients |
//! | `socket` | binding, accepting, and the life of a Unix socket's path |
//! | `listener` | [`Listener`]: accepting clients until it is told to stop |
//! | `control` | [`ListenerControl`]: what the clients of a listener get; can be changed while it serves |
//! | `client` | one client, from its first byte to its last |
//! | `copy` | bytes between a client and its guest's stream |
//! | `begun` | a connection whose first bytes were read already |

mod begun;
mod client;
mod control;
mod copy;
mod listener;
mod options;
mod socket;
mod tls;

pub use control::ListenerControl;
pub use listener::Listener;
pub use options::{ListenAddress, ListenOptions};
pub use socket::UnixSocket;
pub use tls::{TlsServer, TlsServerError};

#[cfg(test)]
mod tests;
