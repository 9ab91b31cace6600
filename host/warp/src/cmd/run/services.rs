//! The services of `[services]`: loaded beside the guest and called in process; listens nowhere.
//!
//! A service is given the application's names, limits and outgoing settings. It is given none of the guest's
//! variables, folders, bindings and grants of the network.

use super::start::not_loaded;
use anyhow::{Context, bail};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use warpgrid_grants::names::HostName;
use warpgrid_host::application::GuestKind;
use warpgrid_host::http::{HttpService, LocalService, ServiceSlot, Services};
use warpgrid_host::{AppConfig, InstanceOptions, WarpConfig, WarpGridEngine};

/// A place for each service, known to all of them before the first is loaded.
pub(super) struct Slots(BTreeMap<HostName, Arc<ServiceSlot>>);

impl Slots {
    pub(super) fn of(config: &WarpConfig) -> Self {
        Self(config.services.iter().map(|service| (service.name.clone(), Arc::default())).collect())
    }

    /// The places as guests call them.
    pub(super) fn table(&self) -> Services {
        let table = self.0.iter();
        table.map(|(name, slot)| (name.clone(), slot.clone() as Arc<dyn LocalService>)).collect()
    }

    /// Loads every service into its place. They live as long as what this returns.
    pub(super) fn load(
        &self,
        engine: &WarpGridEngine,
        config: &WarpConfig,
        base: &Path,
        guest: &AppConfig,
    ) -> anyhow::Result<Vec<Arc<HttpService>>> {
        let mut loaded = Vec::new();
        for service in &config.services {
            let path = base.join(&service.component);
            let name = service.name.as_str();
            let bytes = std::fs::read(&path)
                .with_context(|| format!("`services.{name}`: cannot read `{}`", path.display()))?;
            let given = AppConfig {
                name: name.to_owned(),
                network: Arc::default(),
                bindings: Arc::default(),
                databases: Arc::default(),
                ..guest.clone()
            };
            let application = engine
                .load_module(&bytes, given)
                .map_err(|error| not_loaded(error, &path))
                .with_context(|| format!("`services.{name}`"))?;
            if application.kind() != GuestKind::Http {
                bail!("`services.{name}`: `{}` is a command, and serves no HTTP", path.display());
            }
            let arguments = vec![name.to_owned()];
            let options = Arc::new(move || InstanceOptions {
                arguments: arguments.clone(),
                ..InstanceOptions::default()
            });
            let started = Arc::new(HttpService::new(Arc::new(application), config.http.clone(), options)?);
            if let Some(slot) = self.0.get(&service.name) {
                slot.fill(started.clone());
            }
            loaded.push(started);
        }
        Ok(loaded)
    }
}
