//! Connecting to servers; knows no wire protocol.
//!
//! | file | what it holds |
//! |---|---|
//! | `address` | [`ServerAddress`]: where a server is |
//! | `stream` | [`ServerStream`] and [`Connector`]: what the pool needs of a network |
//! | `growing` | reading into one buffer that grows with what comes |
//! | `tcp` | [`TcpConnector`]: the network of the machine |
//! | `tls` | [`TlsClient`]: encryption, and how far a server's identity is checked |

mod address;
mod growing;
mod stream;
mod tcp;
mod tls;

pub use address::ServerAddress;
pub(crate) use growing::{Growing, MOST_BYTES};
pub use stream::{BoxFuture, Connector, ServerStream, Transport};
pub(crate) use tcp::tune;
pub use tcp::{Resolver, SystemResolver, TcpConnector};
pub use tls::{Authorities, Encrypted, TlsClient, TlsError, TlsOptions, Verify};
