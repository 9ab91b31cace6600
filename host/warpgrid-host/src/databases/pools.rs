//! The pool of each binding of an application; reads no configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use warpgrid_pool::Pool;
use warpgrid_pool::endpoint::Tenant;
use warpgrid_pool::guest::GuestStream;

/// The pools of an application, by the name of their binding. The default has none.
#[derive(Clone)]
pub struct Databases {
    tenant: Tenant,
    pools: BTreeMap<String, Arc<Pool>>,
}

impl Databases {
    /// The application `tenant` may use these pools, each under the name of a binding.
    pub fn new(tenant: Tenant, pools: impl IntoIterator<Item = (String, Arc<Pool>)>) -> Self {
        Self { tenant, pools: pools.into_iter().collect() }
    }

    /// Whose sessions they are.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The pool of a binding.
    pub fn pool(&self, binding: &str) -> Option<&Arc<Pool>> {
        self.pools.get(binding)
    }

    /// The pools, in the order of their bindings' names.
    pub fn pools(&self) -> impl Iterator<Item = (&str, &Arc<Pool>)> {
        self.pools.iter().map(|(name, pool)| (name.as_str(), pool))
    }

    /// A guest's end of a session.
    pub(super) fn connect(&self, binding: &str) -> Option<GuestStream> {
        Some(self.pool(binding)?.connect(&self.tenant))
    }
}

impl Default for Databases {
    fn default() -> Self {
        Self::new(Tenant::new("guest"), [])
    }
}

impl fmt::Debug for Databases {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.pools.keys().collect();
        out.debug_struct("Databases").field("tenant", &self.tenant).field("pools", &names).finish()
    }
}
