//! The engine and shims that a platform embeds; knows no command line and no build tools.
//!
//! | module | what it is |
//! |---|---|
//! | [`engine`] | [`WarpGridEngine`]: one per process and shim configuration |
//! | [`application`] | [`Application`]: a guest that is compiled and linked, one per application |
//! | [`instance`] | [`Instance`]: one run of an application |
//! | [`http`] | serving HTTP, and requests that guests send |
//! | [`shim`] | what a shim is, and the one list of shims |
//! | [`shims`] | the shims |
//! | [`config`] | `warp.toml` |
//! | [`databases`] | the pool behind each binding |
//! | [`metrics`], [`refusals`] | what is counted, and what was refused |
//! | [`adapt`] | Preview 1 core modules become components |
//! | [`compose`] | components that carry their fallback, composed and taken apart |
//! | [`explain`] | what a guest is and needs, without running it |
//! | [`link`] | what is missing when a component does not link |
//! | [`bindings`] | generated from `wit/` |
//!
//! There are three lifetimes. What is *linked* belongs to the process: the engine and its linker. What is
//! *configured* belongs to the application: compiled code, the virtual file map, the resolver with its
//! cache. What is *prepared* belongs to one instance: its store, its open files. A shim takes part in
//! each of the three and in nothing else; see [`shim::Shim`].
//!
//! Everything is closed by default: no network, no folder, no environment variable and no name of the
//! system's resolver reaches a guest unless it is granted.

pub mod adapt;
pub mod application;
pub mod bindings;
pub mod compose;
pub mod config;
pub mod databases;
pub mod engine;
pub mod explain;
pub mod http;
pub mod instance;
pub mod link;
pub mod metrics;
pub mod refusals;
pub mod shim;
pub mod shims;

pub use application::{AppConfig, Application};
pub use config::{ShimConfig, WarpConfig};
pub use engine::WarpGridEngine;
pub use instance::{Instance, InstanceOptions, Outcome};

/// The version of this host.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
