//! The DNS shim: names of the host; knows no virtual file and opens no connection.
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | [`DnsConfig`]: what `[shims] dns` holds |
//! | `ctx` | the shim's state |
//! | `resolver` | [`DnsResolver`]: the chain with its cache, shared by an application |
//! | `system` | [`SystemResolver`]: the last link, behind a trait |
//! | `error` | [`DnsError`] |
//! | `wit` | the door `warpgrid:shim/dns` |

mod config;
mod ctx;
mod error;
mod resolver;
mod system;
mod wit;

pub use config::DnsConfig;
pub use ctx::{Dns, DnsCtx};
pub use error::DnsError;
pub use resolver::{Clock, DnsResolver};
pub use system::{HostResolver, SystemError, SystemResolver};
