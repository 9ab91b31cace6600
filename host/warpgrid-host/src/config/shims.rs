//! Which shims an engine links; links none.

use super::error::ConfigError;
use super::model::WarpConfig;
use crate::shims::database_proxy::DatabaseProxyConfig;
use crate::shims::dns::DnsConfig;
use crate::shims::filesystem::FilesystemConfig;
use crate::shims::signals::SignalsConfig;
use crate::shims::sockets::SocketsConfig;
use crate::shims::threading::ThreadingConfig;
use std::path::Path;

/// Which shims an engine links, each with its configuration. The default switches all of them on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShimConfig {
    /// Virtual files. None: switched off.
    pub filesystem: Option<FilesystemConfig>,
    /// Names. None: switched off.
    pub dns: Option<DnsConfig>,
    /// Life-cycle signals. None: switched off.
    pub signals: Option<SignalsConfig>,
    /// TCP and UDP. None: no guest has any network.
    pub sockets: Option<SocketsConfig>,
    /// The declaration of a threading model. None: switched off.
    pub threading: Option<ThreadingConfig>,
    /// Sessions of databases for guests that ask for them by name. None: switched off.
    pub database_proxy: Option<DatabaseProxyConfig>,
}

impl Default for ShimConfig {
    fn default() -> Self {
        Self {
            filesystem: Some(FilesystemConfig::default()),
            dns: Some(DnsConfig::default()),
            signals: Some(SignalsConfig::default()),
            sockets: Some(SocketsConfig::default()),
            threading: Some(ThreadingConfig::default()),
            database_proxy: Some(DatabaseProxyConfig::default()),
        }
    }
}

impl ShimConfig {
    /// Every shim switched off.
    pub fn none() -> Self {
        Self {
            filesystem: None,
            dns: None,
            signals: None,
            sockets: None,
            threading: None,
            database_proxy: None,
        }
    }

    /// Reads the table `[shims]` alone, for an embedder whose own file has one. An unknown shim is a
    /// warning in the log.
    ///
    /// # Errors
    /// [`ConfigError`], without a line, for the first thing that is wrong.
    pub fn from_toml(shims: &toml::Value) -> Result<Self, ConfigError> {
        let wrong = |message| ConfigError { file: "[shims]".into(), line: None, message, hint: None };
        let file = toml::Table::from_iter([("shims".to_owned(), shims.clone())]);
        let text = toml::to_string(&file).map_err(|error| wrong(error.to_string()))?;
        let (config, warnings) = WarpConfig::parse(&text, Path::new("[shims]"))
            .map_err(|error| ConfigError { line: None, ..error })?;
        for warning in warnings {
            tracing::warn!("`[shims]`: {}", warning.message);
        }
        Ok(config.shims)
    }
}
