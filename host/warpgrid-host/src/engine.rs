//! The engine: one per process and shim configuration; knows no shim from the inside.
//!
//! | file | what it holds |
//! |---|---|
//! | `options` | [`EngineOptions`]: what the embedder may set |
//! | `room` | [`Room`]: where the memory of instances comes from |
//! | `code_cache` | the folder of compiled code |
//! | `ticker` | the thread behind time slices and limits on time |

mod code_cache;
mod options;
mod room;
mod ticker;

pub use code_cache::CodeCacheError;
pub use options::EngineOptions;
pub use room::Room;

pub(crate) use ticker::TICK;

use crate::application::{AppConfig, Application, LoadError};
use crate::config::ShimConfig;
use crate::instance::InstanceState;
use crate::shim;
use wasmtime::component::Linker;
use wasmtime::{Cache, Config, Engine};

/// The engine could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the engine cannot be set up")]
pub struct EngineError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl From<wasmtime::Error> for EngineError {
    fn from(error: wasmtime::Error) -> Self {
        Self(error.into())
    }
}

/// A compiler and a linker that offers WASI 0.2, WASI 0.3 and the shims that are switched on, and nothing
/// else. Make one, load many applications.
pub struct WarpGridEngine {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<InstanceState>,
    pub(crate) config: ShimConfig,
    room: Room,
    cache: Option<Cache>,
}

/// How often the folder of compiled code could answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeCacheUse {
    /// Guests that were not compiled again.
    pub hits: usize,
    /// Guests that were compiled and kept.
    pub misses: usize,
}

impl WarpGridEngine {
    /// Makes an engine with the shims of `config` and the defaults of [`EngineOptions`]. A shim that is
    /// switched off links nothing.
    ///
    /// # Errors
    /// [`EngineError`] when the machine cannot run compiled code, or an interface is defined twice.
    pub fn new(config: ShimConfig) -> Result<Self, EngineError> {
        Self::with_options(config, &EngineOptions::default())
    }

    /// Makes an engine with the shims of `config`. A folder of compiled code that cannot be used, and room
    /// that cannot be reserved, are warnings in the log: the engine works without.
    ///
    /// # Errors
    /// [`EngineError`] when the machine cannot run compiled code, an interface is defined twice, or a size
    /// is out of range.
    pub fn with_options(config: ShimConfig, options: &EngineOptions) -> Result<Self, EngineError> {
        let mut settings = Config::new();
        settings.wasm_component_model_async(true);
        settings.wasm_exceptions(true);
        settings.epoch_interruption(true);
        settings.memory_init_cow(true);
        room::stacks(&mut settings, options);
        let cache = options.code_cache.as_deref().and_then(|folder| match code_cache::open(folder) {
            Ok(cache) => Some(cache),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "no cache of compiled code");
                None
            }
        });
        settings.cache(cache.clone());
        let (engine, room) = with_room(settings, options)?;
        ticker::start(&engine).map_err(|error| EngineError(error.into()))?;
        let linker = link(&config, &engine)?;
        let (enabled, disabled) = (shim::enabled_with_values(&config), shim::disabled(&config));
        tracing::info!(%room, enabled = enabled.join(", "), disabled = disabled.join(", "), "engine ready");
        Ok(Self { engine, linker, config, room, cache })
    }

    /// Compiles and links a guest: a component, a composed component, or a Preview 1 core module.
    ///
    /// # Errors
    /// [`LoadError`] when the bytes are no guest, or need something that is not offered.
    pub fn load_module(&self, bytes: &[u8], config: AppConfig) -> Result<Application, LoadError> {
        Application::load(self, bytes, config)
    }

    /// What is switched on.
    pub fn config(&self) -> &ShimConfig {
        &self.config
    }

    /// The engine underneath, for an embedder that also runs components of its own.
    pub fn wasmtime(&self) -> &Engine {
        &self.engine
    }

    /// Where the room of instances comes from.
    pub fn room(&self) -> &Room {
        &self.room
    }

    /// How often the folder of compiled code answered. None: there is no such folder, or it is not used.
    pub fn code_cache(&self) -> Option<CodeCacheUse> {
        let cache = self.cache.as_ref()?;
        Some(CodeCacheUse { hits: cache.cache_hits(), misses: cache.cache_misses() })
    }
}

/// Reserves room for instances if the process may, and does without if not.
fn with_room(settings: Config, options: &EngineOptions) -> Result<(Engine, Room), EngineError> {
    let reason = match room::obstacle(options) {
        Some(reason) => reason,
        None => {
            let mut reserved = settings.clone();
            room::reserve(&mut reserved, options);
            match Engine::new(&reserved) {
                Ok(engine) => return Ok((engine, Room::Reserved)),
                Err(error) => format!("{error:#}"),
            }
        }
    };
    if options.pooling {
        tracing::warn!(reason, "no room is reserved for instances: each takes longer to start");
    }
    let mut settings = settings;
    room::on_demand(&mut settings);
    Ok((Engine::new(&settings)?, Room::OnDemand { reason }))
}

fn link(config: &ShimConfig, engine: &Engine) -> Result<Linker<InstanceState>, EngineError> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    shim::link(config, &mut linker)?;
    Ok(linker)
}
