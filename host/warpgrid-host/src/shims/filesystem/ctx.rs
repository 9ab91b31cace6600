//! The state of the filesystem shim: the map of an application, the open files of an instance.

use super::config::FilesystemConfig;
use super::zones::{ZoneFolder, zone};
use crate::application::AppConfig;
use crate::instance::{InstanceFacts, InstanceState};
use crate::shim::{Shim, ShimError};
use std::cell::OnceCell;
use std::sync::Arc;
use warpgrid_grants::files::{
    BuildError, FileBytes, FsError, OpenFile, ProcessFacts, RandomFailed, RandomSource, VirtualFileMap,
};
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::path::NormalPath;
use wasmtime::component::Linker;

/// The filesystem shim.
pub struct Filesystem;

/// What all instances of an application share.
pub struct FilesystemState {
    map: VirtualFileMap,
    limits: GuestLimits,
}

/// What one instance owns.
pub struct FilesystemCtx {
    shared: Arc<FilesystemState>,
    facts: Arc<InstanceFacts>,
    /// Made when the guest first asks for its own `/proc/self`.
    process: OnceCell<VirtualFileMap>,
    pub(super) open_files: usize,
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

    fn configure(config: &FilesystemConfig, app: &AppConfig) -> Result<FilesystemState, ShimError> {
        let map = application_map(config, app)
            .map_err(|error| ShimError { key: Self::KEY, source: Box::new(error) })?;
        tracing::debug!(shim = Self::KEY, paths = ?map, zones = super::zones::release(), "configured");
        Ok(FilesystemState { map, limits: app.limits })
    }

    fn prepare(state: &Arc<FilesystemState>, instance: &Arc<InstanceFacts>) -> FilesystemCtx {
        FilesystemCtx {
            shared: state.clone(),
            facts: instance.clone(),
            process: OnceCell::new(),
            open_files: 0,
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
        &self.shared.limits
    }

    /// The map that answers for `path`: the instance's own below `/proc/self`, else the application's.
    pub(super) fn map(&self, path: &str) -> &VirtualFileMap {
        let own = NormalPath::new(path).is_ok_and(|path| {
            path.as_str()
                .strip_prefix("/proc/self")
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        if !own {
            return &self.shared.map;
        }
        self.process.get_or_init(|| {
            let facts = ProcessFacts {
                name: self.facts.name.to_string(),
                arguments: self.facts.arguments.clone(),
                environment: self.facts.environment.clone(),
            };
            match VirtualFileMap::builder().process(&facts) {
                Ok(builder) => builder.build(),
                Err(_) => self.shared.map.clone(),
            }
        })
    }

    /// Opens a virtual file, unless too many are open. The caller puts it into the instance's table and
    /// counts it.
    pub(super) fn open(&self, path: &str) -> Result<OpenFile, FsError> {
        let limit = self.limits().open_files;
        let file = self.map(path).open(path)?;
        if self.open_files >= limit { Err(FsError::LimitReached { limit }) } else { Ok(file) }
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
