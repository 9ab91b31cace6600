//! What the configuration asks for, read as a whole: files, secrets, certificates. Changes nothing and connects nowhere.

use crate::config::read_config;
use crate::report::hinted;
use anyhow::Context;
use std::path::Path;
use std::time::Duration;
use warpgrid_grants::names::ServiceRegistry;
use warpgrid_host::config::ListenerConfig;
use warpgrid_pool::endpoint::Endpoint;
use warpgrid_pool::listen::ListenOptions;

/// How long clients may stay after a drain's time: the pools cut them first, and list what they cut.
const AFTER_DRAIN: Duration = Duration::from_secs(5);

/// What the configuration asks for.
pub(super) struct Wished {
    /// The databases, with their secrets, in the order of their names.
    pub(super) endpoints: Vec<Endpoint>,
    /// The listeners, in the order of their names.
    pub(super) listeners: Vec<WishedListener>,
    /// Names of servers.
    pub(super) registry: ServiceRegistry,
    /// How long a drain may take.
    pub(super) drain: Duration,
}

/// A listener that is asked for.
pub(super) struct WishedListener {
    pub(super) config: ListenerConfig,
    pub(super) options: ListenOptions,
}

/// Reads the configuration and everything that it refers to.
///
/// # Errors
/// The first thing that is wrong, with the file and the line or the key.
pub(super) fn read(path: &Path) -> anyhow::Result<Wished> {
    let (config, base) = read_config(Some(path))?;
    let wrong = || format!("`{}` cannot be used", path.display());
    let secrets = config.secrets(&base, |name| std::env::var(name).ok()).map_err(|error| {
        let hint = "a secret is read from the variable or file that `password` names, at the start and at a \
                    reload";
        hinted(error, vec![hint.to_owned()])
    });
    let endpoints = config.endpoints(&secrets.with_context(wrong)?, &base).with_context(wrong)?;
    let drain = config.shims.database_proxy.unwrap_or_default().drain;
    let mut listeners = Vec::new();
    for config in config.listeners {
        let options = config.options(&base, drain + AFTER_DRAIN).with_context(wrong)?;
        listeners.push(WishedListener { config, options });
    }
    Ok(Wished { endpoints, listeners, registry: config.registry, drain })
}
