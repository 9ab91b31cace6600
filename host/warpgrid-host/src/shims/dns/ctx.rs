//! The state of the DNS shim: one resolver per application, nothing of its own per instance.

use super::{DnsConfig, DnsResolver};
use crate::application::AppConfig;
use crate::instance::{InstanceFacts, InstanceState};
use crate::shim::{Shim, ShimError};
use std::sync::Arc;
use wasmtime::component::Linker;

/// The DNS shim.
pub struct Dns;

/// What one instance holds.
pub struct DnsCtx {
    pub(super) resolver: Arc<DnsResolver>,
}

impl Shim for Dns {
    const KEY: &'static str = "dns";
    const INTERFACES: &'static [&'static str] = &["dns"];
    type Config = DnsConfig;
    type AppState = DnsResolver;
    type Ctx = DnsCtx;

    fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        super::wit::link(linker)
    }

    fn configure(config: &DnsConfig, app: &AppConfig) -> Result<DnsResolver, ShimError> {
        tracing::debug!(
            shim = Self::KEY,
            services = app.registry.len(),
            system = config.system,
            ttl = ?config.time_to_live,
            "configured"
        );
        let (registry, hosts) = (app.registry.clone(), app.hosts.clone());
        Ok(DnsResolver::with(config, registry, hosts, app.system_resolver.clone(), app.clock.clone()))
    }

    fn prepare(state: &Arc<DnsResolver>, _: &Arc<InstanceFacts>) -> DnsCtx {
        DnsCtx { resolver: state.clone() }
    }
}
