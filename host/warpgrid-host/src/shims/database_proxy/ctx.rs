//! The state of the database-proxy shim: which binding a guest means; sends nothing.

use super::error::protocol_from_wit;
use super::{DatabaseProxyConfig, DatabaseProxyError, wit, wit_async};
use crate::application::AppConfig;
use crate::bindings::warpgrid::shim::database_types::ConnectionConfig;
use crate::databases::DatabaseConnection;
use crate::instance::{InstanceFacts, InstanceState};
use crate::shim::{Shim, ShimError};
use std::sync::Arc;
use std::time::Duration;
use warpgrid_grants::names::HostName;
use warpgrid_grants::net::Binding;
use warpgrid_grants::refusal::{Capability, Reason};
use warpgrid_pool::Pool;
use wasmtime::component::Linker;

/// The longest host, database or user that a guest may name, in bytes.
const LONGEST: usize = 253;

/// The database-proxy shim.
pub struct DatabaseProxy;

/// What one instance owns.
#[derive(Clone)]
pub struct DatabaseProxyCtx {
    facts: Arc<InstanceFacts>,
    config: DatabaseProxyConfig,
}

impl Shim for DatabaseProxy {
    const KEY: &'static str = "database-proxy";
    const INTERFACES: &'static [&'static str] = &["database-types", "database-proxy", "database-proxy-async"];
    type Config = DatabaseProxyConfig;
    type AppState = DatabaseProxyConfig;
    type Ctx = DatabaseProxyCtx;

    fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        wit::link(linker)?;
        wit_async::link(linker)
    }

    fn configure(config: &DatabaseProxyConfig, _: &AppConfig) -> Result<DatabaseProxyConfig, ShimError> {
        Ok(*config)
    }

    fn prepare(config: &Arc<DatabaseProxyConfig>, instance: &Arc<InstanceFacts>) -> DatabaseProxyCtx {
        DatabaseProxyCtx { facts: instance.clone(), config: **config }
    }
}

impl DatabaseProxyCtx {
    /// The most bytes of one receive.
    pub(super) fn receive_bytes(&self, wanted: u32) -> usize {
        usize::try_from(wanted).unwrap_or(usize::MAX).min(self.facts.limits.read_bytes)
    }

    /// How long a receive waits.
    pub(super) fn receive_time(&self, wanted: Option<u64>) -> Duration {
        wanted.map_or(self.config.receive, Duration::from_millis)
    }

    /// A connection to the binding that the guest means. The first to ask waits for a login at the server.
    ///
    /// # Errors
    /// [`DatabaseProxyError`]; it is recorded as a refusal where the configuration is the reason.
    pub(super) async fn connect(
        &self,
        config: &ConnectionConfig,
    ) -> Result<DatabaseConnection, DatabaseProxyError> {
        let connected = match self.open(config) {
            Ok((connection, pool)) => {
                let tenant = self.facts.databases.all().tenant();
                pool.available(tenant).await.map(|()| connection).map_err(DatabaseProxyError::from)
            }
            Err(error) => Err(error),
        };
        if let Err(error) = &connected {
            let reason = match error {
                DatabaseProxyError::Connect(crate::databases::ConnectError::TooMany { .. }) => {
                    Some(Reason::Limit)
                }
                DatabaseProxyError::NoBinding { .. } | DatabaseProxyError::Denied { .. } => {
                    Some(Reason::NotGranted)
                }
                _ => None,
            };
            if let Some(reason) = reason {
                let subject = format!("{}:{}", config.host, config.port);
                self.facts.refusals.add(Capability::Address, &subject, reason);
            }
            tracing::debug!(instance = %self.facts.id, "a database connection was not given: {error}");
        }
        connected
    }

    fn open(&self, config: &ConnectionConfig) -> Result<(DatabaseConnection, Arc<Pool>), DatabaseProxyError> {
        let fields = [
            ("host", Some(&config.host)),
            ("database", config.database.as_ref()),
            ("user", config.user.as_ref()),
        ];
        for (field, value) in fields {
            if value.is_some_and(|value| value.is_empty() || value.len() > LONGEST) {
                return Err(DatabaseProxyError::InvalidArgument { field, longest: LONGEST });
            }
        }
        let no_binding = || DatabaseProxyError::NoBinding { host: config.host.clone(), port: config.port };
        let binding = self.binding(&config.host, config.port).ok_or_else(no_binding)?;
        let pool = self.facts.databases.all().pool(&binding.name).ok_or_else(no_binding)?.clone();
        let endpoint = pool.endpoint();
        let denied = |what| Err(DatabaseProxyError::Denied { binding: binding.name.clone(), what });
        if config.protocol.is_some_and(|protocol| protocol_from_wit(protocol) != binding.protocol) {
            return denied("protocol");
        }
        let differs = |wanted: &Option<String>, bound: &Option<String>| matches!((wanted, bound), (Some(wanted), Some(bound)) if wanted != bound);
        if differs(&config.database, &endpoint.database) {
            return denied("database");
        }
        if differs(&config.user, &endpoint.user) {
            return denied("user");
        }
        Ok((self.facts.databases.connect(&binding.name)?, pool))
    }

    /// The binding at a host and port, by its name or its synthetic address.
    fn binding(&self, host: &str, port: u16) -> Option<&Binding> {
        let address = host.parse().ok();
        let name = match address.and_then(|address| self.facts.synthetic.name_of(address)) {
            Some(name) => Some(name.clone()),
            None => HostName::new(host).ok(),
        };
        self.facts.bindings.iter().find(|binding| {
            let same_name = || HostName::new(&binding.host).ok() == name && name.is_some();
            binding.port == port
                && (same_name() || (address.is_some() && binding.host.parse().ok() == address))
        })
    }
}
