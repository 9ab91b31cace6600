//! The host's own look-up of a server's name: the registry, then the system; gives no synthetic address.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{PoisonError, RwLock};
use warpgrid_grants::names::{HostName, ServiceRegistry};
use warpgrid_pool::net::{BoxFuture, Resolver, SystemResolver};

/// Finds servers as the application's registry names them, and asks the system for other names. What a guest is told of
/// a binding's name is another matter: a synthetic address, which leads back here.
pub struct ServerNames {
    registry: RwLock<ServiceRegistry>,
}

impl ServerNames {
    /// Looks into `registry` first.
    pub fn new(registry: ServiceRegistry) -> Self {
        Self { registry: RwLock::new(registry) }
    }

    /// Looks into this one from now on.
    pub fn replace(&self, registry: ServiceRegistry) {
        *self.registry.write().unwrap_or_else(PoisonError::into_inner) = registry;
    }

    fn registered(&self, host: &str) -> Vec<IpAddr> {
        let name = HostName::new(host).ok();
        let registry = self.registry.read().unwrap_or_else(PoisonError::into_inner);
        let found = name.as_ref().and_then(|name| registry.entries().find(|(known, _)| *known == name));
        found.map(|(_, addresses)| addresses.to_vec()).unwrap_or_default()
    }
}

impl Resolver for ServerNames {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        let addresses = self.registered(host);
        if addresses.is_empty() {
            return SystemResolver.resolve(host, port);
        }
        Box::pin(
            async move { Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect()) },
        )
    }
}
