//! The state of the threading shim: the declaration of an instance, kept in what is known of it.

use super::{AlreadyDeclared, ThreadingConfig};
use crate::application::AppConfig;
use crate::instance::{InstanceFacts, InstanceState};
use crate::shim::{Shim, ShimError};
use std::sync::Arc;
use warpgrid_grants::threading::ThreadingModel;
use wasmtime::component::Linker;

/// The threading shim.
pub struct Threading;

/// What one instance owns.
pub struct ThreadingCtx {
    facts: Arc<InstanceFacts>,
}

impl Shim for Threading {
    const KEY: &'static str = "threading";
    const INTERFACES: &'static [&'static str] = &["threading"];
    type Config = ThreadingConfig;
    type AppState = ();
    type Ctx = ThreadingCtx;

    fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        super::wit::link(linker)
    }

    fn configure(_: &ThreadingConfig, _: &AppConfig) -> Result<(), ShimError> {
        Ok(())
    }

    fn prepare(_: &Arc<()>, instance: &Arc<InstanceFacts>) -> ThreadingCtx {
        ThreadingCtx { facts: instance.clone() }
    }
}

impl ThreadingCtx {
    /// Keeps the model that the guest declares, once.
    ///
    /// # Errors
    /// [`AlreadyDeclared`] with the model that stays.
    pub fn declare(&mut self, model: ThreadingModel) -> Result<(), AlreadyDeclared> {
        let instance = self.facts.id;
        if self.facts.threading.set(model).is_err() {
            let declared = self.facts.threading.get().copied().unwrap_or(model);
            tracing::debug!(shim = "threading", %instance, %declared, refused = %model, "declared twice");
            return Err(AlreadyDeclared { declared });
        }
        self.facts.metrics.threading_declared(model);
        match model {
            ThreadingModel::Cooperative => {
                tracing::debug!(shim = "threading", %instance, %model, "declared");
            }
            ThreadingModel::ParallelRequired => tracing::warn!(
                %instance, name = %self.facts.name, %model,
                "the guest requires parallel threads, which this host does not support yet: it runs \
                 cooperatively, one thread of execution at a time"
            ),
        }
        Ok(())
    }
}
