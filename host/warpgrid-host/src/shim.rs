//! What a shim is, and the one list of shims; knows no shim from the inside.
//!
//! A shim is one capability that the host adds to WASI. It lives in `shims/<shim>/` and takes part in
//! three lifetimes:
//!
//! 1. [`Shim::link`] and [`Shim::intercept`], once per engine: add its interfaces to the linker and
//!    replace those of WASI that it answers itself. Must not look at any application.
//! 2. [`Shim::configure`], once per application: checks the configuration and makes what all instances
//!    share. May be slow.
//! 3. [`Shim::prepare`], once per instance: makes the instance's own state. Must not block.
//!
//! To add one: write its room, add a line to [`list`] below, and its key to the configuration.

use crate::application::AppConfig;
use crate::config::{ShimConfig, Summary};
use crate::instance::{InstanceFacts, InstanceState};
use crate::shims::database_proxy::DatabaseProxy;
use crate::shims::dns::Dns;
use crate::shims::filesystem::Filesystem;
use crate::shims::signals::Signals;
use crate::shims::sockets::Sockets;
use crate::shims::threading::Threading;
use std::sync::Arc;
use wasmtime::component::Linker;

/// The version of the package `warpgrid:shim` that this host offers.
pub const PACKAGE_VERSION: &str = "0.1.0";

/// A capability that the host adds. See the module's documentation for the three lifetimes.
pub trait Shim {
    /// The key under `[shims]`.
    const KEY: &'static str;
    /// The interfaces of `warpgrid:shim` that it provides.
    const INTERFACES: &'static [&'static str];
    /// What its key in the configuration holds.
    type Config: Summary;
    /// What all instances of an application share.
    type AppState: Send + Sync + 'static;
    /// What one instance owns.
    type Ctx: Send + 'static;

    /// Adds the shim's interfaces to the linker of an engine.
    ///
    /// # Errors
    /// When an interface is already defined.
    fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()>;

    /// Replaces standard WASI interfaces by the shim's own. Called after [`Shim::link`], while a second
    /// definition of an interface takes the place of the first.
    ///
    /// # Errors
    /// When an interface cannot be defined.
    fn intercept(_: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        Ok(())
    }

    /// Makes what all instances of an application share.
    ///
    /// # Errors
    /// [`ShimError`] when the configuration cannot be met.
    fn configure(config: &Self::Config, app: &AppConfig) -> Result<Self::AppState, ShimError>;

    /// Makes what one instance owns. Must not block.
    fn prepare(state: &Arc<Self::AppState>, instance: &Arc<InstanceFacts>) -> Self::Ctx;
}

/// A shim could not be configured for an application.
#[derive(Debug, thiserror::Error)]
#[error("the {key} shim cannot be set up")]
pub struct ShimError {
    /// The key under `[shims]`.
    pub key: &'static str,
    /// What is wrong.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// What is known of a shim without running it.
#[derive(Debug, Clone, Copy)]
pub struct Description {
    /// The key under `[shims]`.
    pub key: &'static str,
    /// The interfaces of `warpgrid:shim` that it provides.
    pub interfaces: &'static [&'static str],
}

macro_rules! list {
    ($($field:ident: $shim:ty,)*) => {
        /// What all instances of one application share, shim by shim. None: switched off.
        #[allow(missing_docs)]
        pub struct AppShims {
            $(pub $field: Option<Arc<<$shim as Shim>::AppState>>,)*
        }

        /// What one instance owns, shim by shim. None: switched off.
        #[allow(missing_docs)]
        pub struct InstanceShims {
            $(pub $field: Option<<$shim as Shim>::Ctx>,)*
        }

        const LISTED: &[Description] = &[$(Description {
            key: <$shim as Shim>::KEY,
            interfaces: <$shim as Shim>::INTERFACES,
        },)*];

        pub(crate) fn link(
            config: &ShimConfig,
            linker: &mut Linker<InstanceState>,
        ) -> wasmtime::Result<()> {
            $(if config.$field.is_some() {
                <$shim as Shim>::link(linker)?;
            })*
            linker.allow_shadowing(true);
            $(if config.$field.is_some() {
                <$shim as Shim>::intercept(linker)?;
            })*
            linker.allow_shadowing(false);
            Ok(())
        }

        /// The keys of the shims that `config` switches on.
        pub fn enabled(config: &ShimConfig) -> Vec<&'static str> {
            [$(config.$field.is_some().then_some(<$shim as Shim>::KEY),)*].into_iter().flatten().collect()
        }

        /// The shims that `config` switches on, each with its key values: for the log.
        pub(crate) fn enabled_with_values(config: &ShimConfig) -> Vec<String> {
            let mut shims = Vec::new();
            $(if let Some(config) = &config.$field {
                let values = config.summary();
                let key = <$shim as Shim>::KEY;
                shims.push(if values.is_empty() { key.to_owned() } else { format!("{key}({values})") });
            })*
            shims
        }

        pub(crate) fn configure(config: &ShimConfig, app: &AppConfig) -> Result<AppShims, ShimError> {
            Ok(AppShims {
                $($field: match &config.$field {
                    Some(config) => Some(Arc::new(<$shim as Shim>::configure(config, app)?)),
                    None => None,
                },)*
            })
        }

        pub(crate) fn prepare(app: &AppShims, instance: &Arc<InstanceFacts>) -> InstanceShims {
            InstanceShims {
                $($field: app.$field.as_ref().map(|state| <$shim as Shim>::prepare(state, instance)),)*
            }
        }
    };
}

// The one list of shims.
list! {
    filesystem: Filesystem,
    dns: Dns,
    signals: Signals,
    sockets: Sockets,
    threading: Threading,
    database_proxy: DatabaseProxy,
}

/// What an instance owns of the shim through whose door its guest came: the engine links only shims that
/// are switched on, and each instance has the state of all of those.
#[expect(clippy::expect_used, reason = "the message says why it cannot happen")]
pub(crate) fn linked<T>(ctx: &mut Option<T>) -> &mut T {
    ctx.as_mut().expect("an engine that links a shim prepares its state")
}

/// The keys of the shims that `config` does not switch on.
pub fn disabled(config: &ShimConfig) -> Vec<&'static str> {
    let enabled = enabled(config);
    descriptions().map(|shim| shim.key).filter(|key| !enabled.contains(key)).collect()
}

/// All shims.
pub fn descriptions() -> impl Iterator<Item = &'static Description> {
    LISTED.iter()
}

/// The shim that provides an interface of `warpgrid:shim`.
pub fn providing(interface: &str) -> Option<&'static Description> {
    descriptions().find(|shim| shim.interfaces.contains(&interface))
}
