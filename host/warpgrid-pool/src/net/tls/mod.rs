//! Encryption on the way to a server; knows no wire protocol's way to begin it.
//!
//! | file | what it holds |
//! |---|---|
//! | `client` | [`TlsClient`]: options, and the handshake |
//! | `identity` | who a server has to be |
//! | `binding` | the channel binding of a certificate |
//! | `failure` | [`TlsError`], and what rustls says in plain words |

mod binding;
mod client;
mod failure;
mod identity;

pub use client::{Authorities, Encrypted, TlsClient, TlsOptions, Verify};
pub use failure::TlsError;
