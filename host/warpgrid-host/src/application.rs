//! A guest that is compiled and linked: one per application, shared by its instances; runs nothing.

use crate::adapt::{self, AdaptError};
use crate::compose::{self, ComposeError};
use crate::engine::WarpGridEngine;
use crate::instance::{Instance, InstanceFacts, InstanceOptions, InstanceState};
use crate::link::{self, LinkError};
use crate::shim::{self, AppShims, ShimError};
use crate::shims::dns::{Clock, HostResolver, SystemResolver};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::names::{HostsFile, ServiceRegistry};
use wasmtime::component::{Component, InstancePre};
use wasmtime_wasi::{p2, p3};

/// What an application is given. The default grants nothing: no service, `localhost` as the only name.
#[derive(Clone)]
pub struct AppConfig {
    /// The application's name, as the guest sees it in `/proc/self`. Default `guest`.
    pub name: String,
    /// The services that can be called by name. Default none.
    pub registry: ServiceRegistry,
    /// The virtual hosts file. Default `localhost` only.
    pub hosts: HostsFile,
    /// What one instance may grow.
    pub limits: GuestLimits,
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
            hosts: HostsFile::local(),
            limits: GuestLimits::default(),
            system_resolver: Arc::new(HostResolver),
            clock: monotonic_clock(),
        }
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
    /// The component exports no `run` function.
    #[error(
        "the component is not a command: it exports {}, and not `wasi:cli/run`",
        if exports.is_empty() { "nothing".to_owned() } else { format!("`{}`", exports.join("`, `")) }
    )]
    NotCommand {
        /// What it exports.
        exports: Vec<String>,
    },
}

pub(crate) enum CommandPre {
    P2(p2::bindings::CommandPre<InstanceState>),
    P3(p3::bindings::CommandPre<InstanceState>),
}

/// A command, compiled and linked. Its instances share the code and what the shims hold per application.
pub struct Application {
    pub(crate) command: CommandPre,
    pub(crate) shims: AppShims,
    config: AppConfig,
}

impl Application {
    pub(crate) fn load(engine: &WarpGridEngine, bytes: &[u8], config: AppConfig) -> Result<Self, LoadError> {
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
        let command = command(pre, &component, engine)?;
        let shims = shim::configure(&engine.config, &config)?;
        tracing::debug!(name = config.name, bytes = bytes.len(), elapsed = ?start.elapsed(), "loaded");
        Ok(Self { command, shims, config })
    }

    /// Makes an instance. Nothing of the guest runs yet.
    pub fn instantiate(&self, options: InstanceOptions) -> Instance<'_> {
        let facts = Arc::new(InstanceFacts {
            name: self.config.name.clone(),
            arguments: options.arguments.clone(),
            environment: options.environment.clone(),
        });
        let shims = shim::prepare(&self.shims, &facts);
        Instance::new(self, shims, options)
    }

    /// What the application was given.
    pub fn config(&self) -> &AppConfig {
        &self.config
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

fn command(
    pre: InstancePre<InstanceState>,
    component: &Component,
    engine: &WarpGridEngine,
) -> Result<CommandPre, LoadError> {
    if let Ok(command) = p3::bindings::CommandPre::new(pre.clone()) {
        return Ok(CommandPre::P3(command));
    }
    p2::bindings::CommandPre::new(pre).map(CommandPre::P2).map_err(|_| {
        let exports = component.component_type();
        let exports = exports.exports(&engine.engine).map(|(name, _)| name.to_owned()).collect();
        LoadError::NotCommand { exports }
    })
}
