//! The state of the filesystem shim: the map of an application, the open files of an instance.

use super::config::FilesystemConfig;
use super::descriptors::{Descriptors, Taken};
use super::memory_file::MemoryFiles;
use super::names_budget::NamesBudget;
use super::namespace::Namespace;
use super::zones::{ZoneFolder, zone};
use crate::application::AppConfig;
use crate::instance::{InstanceFacts, InstanceState};
use crate::shim::{Shim, ShimError};
use std::sync::Arc;
use warpgrid_grants::files::{
    BuildError, FileBytes, FsError, OpenFile, ProcessFacts, RandomFailed, RandomSource, VirtualFileMap,
};
use warpgrid_grants::limits::GuestLimits;
use wasmtime::component::Linker;

/// The filesystem shim.
pub struct Filesystem;

/// What all instances of an application share.
pub struct FilesystemState {
    pub(super) map: VirtualFileMap,
    pub(super) files: MemoryFiles,
}

/// What one instance owns.
pub struct FilesystemCtx {
    pub(super) facts: Arc<InstanceFacts>,
    pub(super) namespace: Arc<Namespace>,
    pub(super) descriptors: Descriptors,
    pub(super) names: NamesBudget,
}

/// Why the map of an application could not be made.
#[derive(Debug, thiserror::Error)]
enum MapError {
    #[error("there is no time zone `{0}`")]
    UnknownZone(String),
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl Shim for Filesystem {
    const KEY: &'static str = "filesystem";
    const INTERFACES: &'static [&'static str] = &["filesystem"];
    type Config = FilesystemConfig;
    type AppState = FilesystemState;
    type Ctx = FilesystemCtx;

    fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        super::wit::link(linker)
    }

    fn intercept(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        super::p2::intercept(linker)?;
        super::p3::intercept(linker)
    }

    fn configure(config: &FilesystemConfig, app: &AppConfig) -> Result<FilesystemState, ShimError> {
        let map = application_map(config, app)
            .map_err(|error| ShimError { key: Self::KEY, source: Box::new(error) })?;
        tracing::debug!(shim = Self::KEY, paths = ?map, zones = super::zones::release(), "configured");
        Ok(FilesystemState { map, files: MemoryFiles::default() })
    }

    fn prepare(state: &Arc<FilesystemState>, instance: &Arc<InstanceFacts>) -> FilesystemCtx {
        FilesystemCtx {
            facts: instance.clone(),
            namespace: Arc::new(Namespace::new(state.clone(), instance.clone())),
            descriptors: Descriptors::default(),
            names: NamesBudget::new(instance.limits.listed_names),
        }
    }
}

fn application_map(config: &FilesystemConfig, app: &AppConfig) -> Result<VirtualFileMap, MapError> {
    let resolv_conf: String =
        config.nameservers.iter().map(|address| format!("nameserver {address}\n")).collect();
    let facts = ProcessFacts { name: app.name.clone(), ..ProcessFacts::default() };
    let mut map = VirtualFileMap::builder()
        .devices()?
        .bytes("/etc/hosts", app.hosts.text(&app.registry))?
        .bytes("/etc/resolv.conf", resolv_conf)?
        .process(&facts)?;
    if config.time_zones {
        map = map.folder("/usr/share/zoneinfo", Arc::new(ZoneFolder))?;
    }
    if let Some(name) = &config.local_time_zone {
        let data = zone(name).ok_or_else(|| MapError::UnknownZone(name.clone()))?;
        map = map.bytes("/etc/localtime", FileBytes::Static(data))?;
    }
    for (path, text) in &config.extra_virtual_paths {
        map = map.bytes(path, text.clone())?;
    }
    Ok(map.build())
}

impl FilesystemCtx {
    /// The limits of this guest.
    pub(super) fn limits(&self) -> &GuestLimits {
        &self.facts.limits
    }

    /// The map that answers for `path`: the instance's own below `/proc/self`, else the application's.
    pub(super) fn map(&self, path: &str) -> &VirtualFileMap {
        self.namespace.map_for(path)
    }

    /// Opens a virtual file, unless too many are open. The caller puts it into the instance's table.
    pub(super) fn open(&self, path: &str) -> Result<(OpenFile, Taken), FsError> {
        let limit = self.limits().open_files;
        let file = self.map(path).open(path)?;
        let taken = self.descriptors.take(limit).ok_or(FsError::LimitReached { limit })?;
        Ok((file, taken))
    }
}

/// The system's random bytes.
pub(super) struct SystemRandom;

impl RandomSource for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RandomFailed> {
        getrandom::fill(bytes).map_err(|error| {
            tracing::error!(%error, "the system gives no random bytes");
            RandomFailed
        })
    }
}
