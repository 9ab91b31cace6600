//! The DNS shim: names of the host; knows no virtual file and opens no connection.
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | [`DnsConfig`]: what `[shims] dns` holds |
//! | `ctx` | the shim's state, and what all doors do for one instance |
//! | `resolver` | [`DnsResolver`]: the chain with its cache, shared by an application |
//! | `name` | what a guest writes becomes a name |
//! | `flights` | one question for all who ask the same at the same time |
//! | `system` | [`SystemResolver`]: the last link, behind a trait |
//! | `registry_file` | the service registry as a file of its own |
//! | `registry_watch` | [`RegistryWatch`]: that file, watched |
//! | `error` | [`DnsError`] |
//! | `wit` | the door `warpgrid:shim/dns` |
//! | `p2`, `p3` | the doors `wasi:sockets/ip-name-lookup` 0.2 and 0.3 |

mod config;
mod ctx;
mod error;
mod flights;
mod name;
mod p2;
mod p3;
mod registry_file;
mod registry_watch;
mod resolver;
mod system;
mod wit;

pub use config::DnsConfig;
pub use ctx::{Dns, DnsCtx};
pub use error::DnsError;
pub use registry_file::{RegistryFileError, parse_registry, read_registry};
pub use registry_watch::{RegistryWatch, watch_registry};
pub use resolver::{Clock, DnsResolver};
pub use system::{HostResolver, SystemError, SystemResolver};
