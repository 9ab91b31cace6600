//! The engine: one per process and shim configuration; knows no shim from the inside.

use crate::application::{AppConfig, Application, LoadError};
use crate::config::ShimConfig;
use crate::instance::InstanceState;
use crate::shim;
use wasmtime::component::Linker;
use wasmtime::{Config, Engine};

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
}

impl WarpGridEngine {
    /// Makes an engine with the shims of `config`. A shim that is switched off links nothing.
    ///
    /// # Errors
    /// [`EngineError`] when the machine cannot run compiled code, or an interface is defined twice.
    pub fn new(config: ShimConfig) -> Result<Self, EngineError> {
        let mut settings = Config::new();
        settings.wasm_component_model_async(true);
        let engine = Engine::new(&settings)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi::p3::add_to_linker(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
        shim::link(&config, &mut linker)?;
        let (enabled, disabled) = (shim::enabled_with_values(&config), shim::disabled(&config));
        tracing::info!(enabled = enabled.join(", "), disabled = disabled.join(", "), "engine ready");
        Ok(Self { engine, linker, config })
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
}
