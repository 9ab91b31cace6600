//! A guest that is compiled and linked: one per application, shared by its instances; runs nothing.

use crate::adapt::{self, AdaptError};
use crate::compose::{self, ComposeError};
use crate::databases::{Databases, InstanceDatabases};
use crate::engine::WarpGridEngine;
use crate::http::{
    CurrentRequests, OutgoingApplication, OutgoingConfig, OutgoingError, OutgoingHttp, Services,
};
use crate::instance::{
    Instance, InstanceFacts, InstanceId, InstanceOptions, InstanceState, RunError, new_store,
};
use crate::link::{self, LinkError};
use crate::metrics::Metrics;
use crate::refusals::Refusals;
use crate::shim::{self, AppShims, ShimError};
use crate::shims::dns::{
    Clock, DnsResolver, HostResolver, RegistryFileError, RegistryWatch, SystemResolver, read_registry,
    watch_registry,
};
use crate::shims::signals::DeliverError;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::names::{HostName, HostsFile, ServiceRegistry};
use warpgrid_grants::net::{AnswerPins, Binding, NetworkPolicy, SyntheticAddresses};
use warpgrid_grants::signals::{Delivery, SignalType};
use wasmtime::component::{Component, InstancePre};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{p2, p3};
use wasmtime_wasi_http::p2 as http2;
use wasmtime_wasi_http::p3 as http3;

/// What an application is given. The default grants nothing: no service, `localhost` as the only name.
#[derive(Clone)]
pub struct AppConfig {
    /// The application's name, as the guest sees it in `/proc/self`. Default `guest`.
    pub name: String,
    /// The services that can be called by name. Default none.
    pub registry: ServiceRegistry,
    /// A file with more services, laid over `registry`, and watched: a change is in force without a restart.
    /// `/etc/hosts` shows what the file held when the application was loaded. Default none.
    pub registry_file: Option<PathBuf>,
    /// The virtual hosts file. Default `localhost` only.
    pub hosts: HostsFile,
    /// What one instance may grow.
    pub limits: GuestLimits,
    /// Where the guest may connect to and listen. Default nowhere.
    pub network: Arc<NetworkPolicy>,
    /// Databases that the host connects to for the guest. Default none.
    pub bindings: Arc<[Binding]>,
    /// The pool of each binding. Default none: connecting to a binding is then refused.
    pub databases: Arc<Databases>,
    /// How outgoing HTTP requests leave the host.
    pub outgoing: OutgoingConfig,
    /// Services of the same application, called in process. Default none.
    pub services: Arc<Services>,
    /// Where events are counted. Default counters of its own.
    pub metrics: Arc<Metrics>,
    /// The last link of the look-up chain, asked only if the DNS shim's configuration grants it. Default
    /// the machine's own resolver.
    pub system_resolver: Arc<dyn SystemResolver>,
    /// The clock of caches. Default the machine's monotonic clock.
    pub clock: Clock,
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            name: "guest".to_owned(),
            registry: ServiceRegistry::default(),
            registry_file: None,
            hosts: HostsFile::local(),
            limits: GuestLimits::default(),
            network: Arc::default(),
            bindings: Arc::default(),
            databases: Arc::default(),
            outgoing: OutgoingConfig::default(),
            services: Arc::default(),
            metrics: Arc::default(),
            system_resolver: Arc::new(HostResolver),
            clock: monotonic_clock(),
        }
    }
}

impl AppConfig {
    /// The addresses of names that the host itself answers for: hosts of bindings, and services of the same
    /// application. They follow from the names alone.
    pub fn synthetic_addresses(&self) -> SyntheticAddresses {
        // The host of a binding may be an address: that needs no other.
        let bindings = self.bindings.iter().filter_map(|binding| HostName::new(&binding.host).ok());
        SyntheticAddresses::new(bindings.chain(self.services.keys().cloned()))
    }
}

/// The machine's monotonic clock, counted from now.
pub(crate) fn monotonic_clock() -> Clock {
    let start = Instant::now();
    Arc::new(move || start.elapsed())
}

/// Why a guest could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A core module could not be turned into a component.
    #[error(transparent)]
    Adapt(#[from] AdaptError),
    /// A composed component could not be taken apart or put together.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The bytes are not a valid component.
    #[error("not a valid component")]
    Invalid(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The component imports what the engine does not offer.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A shim cannot be set up as configured.
    #[error(transparent)]
    Shim(#[from] ShimError),
    /// Outgoing HTTP cannot be set up as configured.
    #[error(transparent)]
    Outgoing(#[from] OutgoingError),
    /// The registry file cannot be used.
    #[error(transparent)]
    Registry(#[from] RegistryFileError),
    /// The component exports neither `run` nor an HTTP entry.
    #[error(
        "the component is neither a command nor an HTTP service: it exports {}, and not `wasi:cli/run`, \
         `wasi:http/incoming-handler` or `wasi:http/handler`",
        if exports.is_empty() { "nothing".to_owned() } else { format!("`{}`", exports.join("`, `")) }
    )]
    NotGuest {
        /// What it exports.
        exports: Vec<String>,
    },
}

/// What a guest is, by what it exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuestKind {
    /// It runs once and ends (`wasi:cli/run`).
    Command,
    /// It answers HTTP requests (`wasi:http/incoming-handler` of 0.2, `wasi:http/handler` of 0.3).
    Http,
}

pub(crate) enum GuestPre {
    CommandP2(p2::bindings::CommandPre<InstanceState>),
    CommandP3(p3::bindings::CommandPre<InstanceState>),
    HttpP2(http2::bindings::ProxyPre<InstanceState>),
    HttpP3(http3::bindings::ServicePre<InstanceState>),
}

/// A guest, compiled and linked. Its instances share the code and what the shims hold per application.
pub struct Application {
    pub(crate) guest: GuestPre,
    pub(crate) shims: AppShims,
    outgoing: Arc<OutgoingApplication>,
    engine: Engine,
    name: Arc<str>,
    config: AppConfig,
    synthetic: Arc<SyntheticAddresses>,
    _registry_watch: Option<RegistryWatch>,
}

impl Application {
    pub(crate) fn load(
        engine: &WarpGridEngine,
        bytes: &[u8],
        mut config: AppConfig,
    ) -> Result<Self, LoadError> {
        let start = Instant::now();
        let bytes = adapt::to_component_with_exit_codes(bytes)?;
        let bytes = for_engine(engine, &bytes)?;
        let component =
            Component::new(&engine.engine, &bytes).map_err(|error| LoadError::Invalid(error.into()))?;
        let missing = link::missing_shims(&component, &engine.engine, &engine.config);
        if !missing.is_empty() {
            return Err(LinkError::Missing(missing).into());
        }
        let pre = engine.linker.instantiate_pre(&component).map_err(link::from_linker)?;
        let guest = guest(pre, &component, engine)?;
        let below = config.registry.clone();
        let in_file = config.registry_file.as_deref().map(read_registry).transpose()?;
        if let Some(in_file) = &in_file {
            config.registry = below.overlaid(in_file);
        }
        let shims = shim::configure(&engine.config, &config)?;
        let (sent, services) = (config.outgoing.clone(), config.services.clone());
        let outgoing = Arc::new(OutgoingApplication::new(sent, services, shims.dns.clone())?);
        let registry_watch = match (&shims.dns, &config.registry_file, in_file) {
            (Some(dns), Some(file), Some(in_file)) => {
                let dns = dns.clone();
                let hosts = config.hosts.clone();
                Some(watch_registry(file, in_file, move |read| in_force(&dns, &below, &hosts, read))?)
            }
            _ => None,
        };
        tracing::debug!(name = config.name, bytes = bytes.len(), elapsed = ?start.elapsed(), "loaded");
        let (engine, name) = (engine.engine.clone(), Arc::from(config.name.as_str()));
        let synthetic = Arc::new(config.synthetic_addresses());
        Ok(Self { guest, shims, outgoing, engine, name, config, synthetic, _registry_watch: registry_watch })
    }

    /// What the guest is.
    pub fn kind(&self) -> GuestKind {
        match self.guest {
            GuestPre::CommandP2(_) | GuestPre::CommandP3(_) => GuestKind::Command,
            GuestPre::HttpP2(_) | GuestPre::HttpP3(_) => GuestKind::Http,
        }
    }

    /// Makes an instance. Nothing of the guest runs yet.
    pub fn instantiate(&self, options: InstanceOptions) -> Instance<'_> {
        Instance::new(self, self.facts(&options), options)
    }

    /// What the shims may know of a new instance.
    pub(crate) fn facts(&self, options: &InstanceOptions) -> Arc<InstanceFacts> {
        let id = InstanceId::next();
        let requests = Arc::new(CurrentRequests::default());
        Arc::new(InstanceFacts {
            id,
            name: self.name.clone(),
            arguments: options.arguments.clone(),
            environment: options.environment.clone(),
            limits: self.config.limits,
            network: self.config.network.clone(),
            bindings: self.config.bindings.clone(),
            databases: InstanceDatabases::new(
                self.config.databases.clone(),
                self.config.limits.database_sessions,
            ),
            synthetic: self.synthetic.clone(),
            pins: Mutex::new(AnswerPins::default()),
            refusals: Refusals::new(id, requests.clone(), self.config.metrics.clone()),
            requests,
            threading: OnceLock::new(),
            metrics: self.config.metrics.clone(),
        })
    }

    /// A store for one instance: every instance, of a command or a service, gets its store here.
    pub(crate) fn store(
        &self,
        facts: Arc<InstanceFacts>,
        options: InstanceOptions,
    ) -> Result<Store<InstanceState>, RunError> {
        let shims = shim::prepare(&self.shims, &facts);
        let outgoing = OutgoingHttp::new(self.outgoing.clone(), facts.clone(), options.hops);
        new_store(&self.engine, facts, shims, outgoing, options)
    }

    /// Delivers a life-cycle signal to one running instance, and wakes it if it waits for one.
    ///
    /// # Errors
    /// [`DeliverError`] when the instance does not run, or the signals shim is switched off.
    pub fn deliver_signal(&self, instance: InstanceId, signal: SignalType) -> Result<Delivery, DeliverError> {
        let signals = self.shims.signals.as_ref().ok_or(DeliverError::SwitchedOff)?;
        signals.deliver(instance, signal)
    }

    /// Delivers a life-cycle signal to every running instance, and gives those that asked for it. None
    /// when the signals shim is switched off.
    pub fn deliver_signal_to_all(&self, signal: SignalType) -> Vec<InstanceId> {
        self.shims.signals.as_ref().map_or_else(Vec::new, |signals| signals.deliver_to_all(signal))
    }

    /// Puts another registry and hosts file in place of the present ones, for running instances too. An answer
    /// that is in the cache is served until its time has passed; after that, and for all other names, the new
    /// ones count. `/etc/hosts` as guests read it, and [`Application::config`], stay as they were loaded.
    pub fn replace_registry(&self, registry: ServiceRegistry, hosts: HostsFile) {
        if let Some(dns) = &self.shims.dns {
            dns.replace_registry(registry, hosts);
        }
    }

    /// The resolver that all instances share; none when the DNS shim is switched off.
    pub fn resolver(&self) -> Option<&Arc<DnsResolver>> {
        self.shims.dns.as_ref()
    }

    /// What the application was given.
    pub fn config(&self) -> &AppConfig {
        &self.config
    }
}

/// What the watched registry file holds now comes into force, unless it is broken.
fn in_force(
    dns: &DnsResolver,
    below: &ServiceRegistry,
    hosts: &HostsFile,
    read: Result<ServiceRegistry, RegistryFileError>,
) {
    match read {
        Ok(in_file) => dns.replace_registry(below.overlaid(&in_file), hosts.clone()),
        Err(error) => tracing::error!(%error, "the registry stays as it was until the file is mended"),
    }
}

/// A composed component is unwrapped, so that the real shims answer and not its fallback. What the engine
/// does not offer keeps its fallback.
fn for_engine<'a>(engine: &WarpGridEngine, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, LoadError> {
    let Some(parts) = compose::take_apart(bytes)? else { return Ok(Cow::Borrowed(bytes)) };
    let offered = |import: &str| link::is_offered(import, &engine.config);
    let imports = compose::shim_imports(parts.application)?;
    if imports.iter().all(|import| offered(import)) {
        tracing::debug!(?imports, "a composed component: its fallback is not used");
        return Ok(Cow::Borrowed(parts.application));
    }
    if !imports.iter().any(|import| offered(import)) {
        tracing::debug!(?imports, "a composed component: its fallback answers");
        return Ok(Cow::Borrowed(bytes));
    }
    tracing::debug!(?imports, "a composed component: its fallback answers for what is switched off");
    let composed = compose::plug(parts.application, parts.fallback, |import| !offered(import))?;
    Ok(Cow::Owned(composed))
}

fn guest(
    pre: InstancePre<InstanceState>,
    component: &Component,
    engine: &WarpGridEngine,
) -> Result<GuestPre, LoadError> {
    let by_newest = http3::bindings::ServicePre::new(pre.clone())
        .map(GuestPre::HttpP3)
        .or_else(|_| p3::bindings::CommandPre::new(pre.clone()).map(GuestPre::CommandP3))
        .or_else(|_| http2::bindings::ProxyPre::new(pre.clone()).map(GuestPre::HttpP2))
        .or_else(|_| p2::bindings::CommandPre::new(pre).map(GuestPre::CommandP2));
    by_newest.map_err(|_| {
        let exports = component.component_type();
        let exports = exports.exports(&engine.engine).map(|(name, _)| name.to_owned()).collect();
        LoadError::NotGuest { exports }
    })
}
