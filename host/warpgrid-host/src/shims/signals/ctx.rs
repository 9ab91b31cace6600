//! The state of the signals shim: the live instances of an application, the mailbox of an instance.

use super::mailbox::Mailbox;
use super::{DeliverError, SignalsConfig};
use crate::application::AppConfig;
use crate::instance::{InstanceFacts, InstanceId, InstanceState};
use crate::shim::{Shim, ShimError};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use warpgrid_grants::signals::{Delivery, SignalType};
use wasmtime::component::Linker;

/// The signals shim.
pub struct Signals;

/// The instances of an application that are running. An entry goes when its instance does.
#[derive(Default)]
pub struct SignalsState {
    live: Mutex<BTreeMap<InstanceId, Weak<Mailbox>>>,
}

/// What one instance owns.
pub struct SignalsCtx {
    id: InstanceId,
    state: Arc<SignalsState>,
    pub(super) mailbox: Arc<Mailbox>,
}

impl Shim for Signals {
    const KEY: &'static str = "signals";
    const INTERFACES: &'static [&'static str] = &["signals"];
    type Config = SignalsConfig;
    type AppState = SignalsState;
    type Ctx = SignalsCtx;

    fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        super::wit::link(linker)
    }

    fn configure(_: &SignalsConfig, app: &AppConfig) -> Result<SignalsState, ShimError> {
        tracing::debug!(shim = Self::KEY, queue = app.limits.signals, "configured");
        Ok(SignalsState::default())
    }

    fn prepare(state: &Arc<SignalsState>, instance: &Arc<InstanceFacts>) -> SignalsCtx {
        let mailbox = Arc::new(Mailbox::new(instance.clone()));
        state.live().insert(instance.id, Arc::downgrade(&mailbox));
        SignalsCtx { id: instance.id, state: state.clone(), mailbox }
    }
}

impl SignalsState {
    fn live(&self) -> MutexGuard<'_, BTreeMap<InstanceId, Weak<Mailbox>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Delivers a signal to one instance.
    ///
    /// # Errors
    /// [`DeliverError::NoInstance`].
    pub fn deliver(&self, instance: InstanceId, signal: SignalType) -> Result<Delivery, DeliverError> {
        let mailbox = self.live().get(&instance).and_then(Weak::upgrade);
        let mailbox = mailbox.ok_or(DeliverError::NoInstance(instance))?;
        Ok(mailbox.deliver(signal))
    }

    /// Delivers a signal to every instance and gives those that asked for it.
    pub fn deliver_to_all(&self, signal: SignalType) -> Vec<InstanceId> {
        // Not delivered under the lock of the table: a delivery logs and counts.
        let mailboxes: Vec<_> =
            self.live().iter().filter_map(|(id, mailbox)| Some((*id, mailbox.upgrade()?))).collect();
        let queued = |mailbox: &Mailbox| mailbox.deliver(signal) != Delivery::NotAsked;
        mailboxes.into_iter().filter(|(_, mailbox)| queued(mailbox)).map(|(id, _)| id).collect()
    }

    /// The instances that can be delivered to, the oldest first.
    pub fn instances(&self) -> Vec<InstanceId> {
        self.live().keys().copied().collect()
    }
}

impl Drop for SignalsCtx {
    fn drop(&mut self) {
        self.state.live().remove(&self.id);
    }
}
