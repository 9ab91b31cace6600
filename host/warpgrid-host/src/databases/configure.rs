//! From `[bindings]` and its secrets to pools; connects nowhere.

use super::{Databases, ServerNames};
use crate::config::{BindingConfig, TlsMode, WarpConfig};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use warpgrid_grants::names::ServiceRegistry;
use warpgrid_grants::net::BindingProtocol;
use warpgrid_pool::ConnectionPoolManager;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol, Tenant};
use warpgrid_pool::net::{Authorities, ServerAddress, TcpConnector, TlsClient, TlsError, TlsOptions, Verify};
use warpgrid_pool::secret::Secret;

/// A binding cannot be used as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum DatabasesError {
    /// The file of authorities cannot be read.
    #[error("`bindings.{binding}.tls.ca`: `{}` cannot be read", path.display())]
    Authorities {
        /// The binding.
        binding: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The authorities are no certificates.
    #[error("`bindings.{binding}.tls`: {source}")]
    Tls {
        /// The binding.
        binding: String,
        /// What is wrong.
        #[source]
        source: TlsError,
    },
}

/// Pools whose servers are found as `registry` names them, else as the machine does.
pub fn pool_manager(registry: ServiceRegistry) -> Arc<ConnectionPoolManager> {
    pool_manager_with(Arc::new(ServerNames::new(registry)))
}

/// The same with names that can be replaced meanwhile ([`ServerNames::replace`]).
pub fn pool_manager_with(names: Arc<ServerNames>) -> Arc<ConnectionPoolManager> {
    let mut seed = [0; 8];
    // What the seed decides (when sessions retire, what guests call them) needs no secrecy.
    let _ = getrandom::fill(&mut seed);
    let connector = TcpConnector::new(names);
    ConnectionPoolManager::new(Arc::new(connector), u64::from_le_bytes(seed))
}

impl WarpConfig {
    /// The pools of `[bindings]`, for the application `tenant`. `secrets` are those of [`WarpConfig::secrets`], `base` is
    /// the folder that relative paths start at. Opens no connection.
    ///
    /// # Errors
    /// [`DatabasesError`] for the first binding that cannot be used.
    pub fn databases(
        &self,
        manager: &Arc<ConnectionPoolManager>,
        tenant: &str,
        secrets: &BTreeMap<String, Secret>,
        base: &Path,
    ) -> Result<Databases, DatabasesError> {
        let endpoints = self.endpoints(secrets, base)?.into_iter();
        let pools = endpoints.map(|endpoint| (endpoint.name.clone(), manager.pool(endpoint)));
        Ok(Databases::new(Tenant::new(tenant), pools))
    }

    /// The servers of `[bindings]`, with credentials and terms, in the order of their names. Opens no connection.
    ///
    /// # Errors
    /// [`DatabasesError`] for the first binding that cannot be used.
    pub fn endpoints(
        &self,
        secrets: &BTreeMap<String, Secret>,
        base: &Path,
    ) -> Result<Vec<Endpoint>, DatabasesError> {
        self.bindings.iter().map(|config| endpoint(config, secrets, base)).collect()
    }
}

fn endpoint(
    config: &BindingConfig,
    secrets: &BTreeMap<String, Secret>,
    base: &Path,
) -> Result<Endpoint, DatabasesError> {
    let name = config.binding.name.clone();
    let guest_login = match (&config.guest, secrets.get(&format!("{name}.guest"))) {
        (Some(guest), Some(password)) => {
            GuestLogin::Check { user: guest.user.clone(), password: password.clone() }
        }
        _ => GuestLogin::Any,
    };
    Ok(Endpoint {
        protocol: match config.binding.protocol {
            BindingProtocol::Postgres => Protocol::Postgres,
            BindingProtocol::Mysql => Protocol::Mysql,
            BindingProtocol::Redis => Protocol::Redis,
        },
        server: config.server.clone(),
        database: config.database.clone(),
        user: config.user.clone(),
        password: secrets.get(&name).cloned(),
        tls: tls(config, base)?,
        guest_login,
        options: config.pool.clone(),
        name,
    })
}

fn tls(config: &BindingConfig, base: &Path) -> Result<Option<TlsClient>, DatabasesError> {
    // Nobody is between the two ends of a Unix socket, and servers offer no encryption there (libpq does not ask either).
    if let ServerAddress::Unix(_) = config.server {
        return Ok(None);
    }
    let binding = || config.binding.name.clone();
    let verify = match config.tls.mode {
        TlsMode::Disable => return Ok(None),
        TlsMode::VerifyFull => Verify::Full,
        TlsMode::VerifyCa => Verify::Authority,
    };
    let authorities = match &config.tls.ca {
        None => Authorities::BuiltIn,
        Some(path) => {
            let path = base.join(path);
            match std::fs::read(&path) {
                Ok(pem) => Authorities::Pem(pem),
                Err(source) => return Err(DatabasesError::Authorities { binding: binding(), path, source }),
            }
        }
    };
    let options = TlsOptions { authorities, verify, direct: config.tls.direct };
    match TlsClient::new(&options) {
        Ok(client) => Ok(Some(client)),
        Err(source) => Err(DatabasesError::Tls { binding: binding(), source }),
    }
}
