//! Connecting to servers; knows no wire protocol.
//!
//! | file | what it holds |
//! |---|---|
//! | `address` | [`ServerAddress`]: where a server is |
//! | `stream` | [`ServerStream`] and [`Connector`]: what the pool needs of a network |
//! | `tcp` | [`TcpConnector`]: the network of the machine |
//! | `tls` | [`TlsClient`]: encryption, and how far a server's identity is checked |

mod address;
mod stream;
mod tcp;
mod tls;

pub use address::ServerAddress;
pub use stream::{BoxFuture, Connector, ServerStream, Transport};
pub use tcp::{Resolver, SystemResolver, TcpConnector};
pub use tls::{Authorities, Encrypted, TlsClient, TlsError, TlsOptions, Verify};
