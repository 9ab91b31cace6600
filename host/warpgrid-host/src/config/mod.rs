//! `warp.toml`, typed; knows no linker and no guest.
//!
//! | file | what it holds |
//! |---|---|
//! | `sections/` | one file per table: its keys, its shape, what it means and what is wrong with it |
//! | `keys` | what a key is, and the one list of all sections' keys |
//! | `walk` | holds a file against the list: unknown keys, lines |
//! | `values` | shapes of values: sizes, seconds, addresses, what can be switched |
//! | `reader` | turns values into checked ones, naming the line of those that are wrong |
//! | `model` | [`WarpConfig`]: the whole file |
//! | `shims` | [`ShimConfig`]: which shims an engine links |
//! | `secrets` | secrets, looked up by reference |
//! | `error` | [`ConfigError`], [`Warning`] |
//! | `summary` | each shim's key values in few words |
//! | `reference` | the reference page, written from the list |

mod error;
mod keys;
mod model;
mod reader;
mod reference;
mod secrets;
mod sections;
mod shims;
mod summary;
mod values;
mod walk;

pub use crate::shims::database_proxy::DatabaseProxyConfig;
pub use crate::shims::dns::DnsConfig;
pub use crate::shims::filesystem::FilesystemConfig;
pub use crate::shims::signals::SignalsConfig;
pub use crate::shims::sockets::SocketsConfig;
pub use crate::shims::threading::ThreadingConfig;
pub use error::{ConfigError, Warning};
pub use model::WarpConfig;
pub use reference::reference_page;
pub use secrets::{SecretError, SecretSource};
pub use sections::bindings::{BindingConfig, GuestCredentials, TlsConfig, TlsMode};
pub use sections::env::{EnvValue, UnsetVariable};
pub use sections::listeners::{ListenPlace, ListenerConfig, ListenerTls};
pub use sections::network::{AuthoritiesError, NetworkRules, OutgoingSettings};
pub use sections::services::ServiceConfig;
pub use shims::ShimConfig;
pub use summary::Summary;
pub use warpgrid_pool::config::PoolOptions;
pub use warpgrid_pool::secret::Secret;
