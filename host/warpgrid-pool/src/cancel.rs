//! Which running query a guest may cancel; speaks no protocol.
//!
//! A key stands in the register exactly as long as its guest has the session. A request marks the session before anything
//! is sent, under the register's lock, and a session's guest leaves the register before it looks for the mark: so either
//! the session is destroyed when it is given back, or the request finds nobody. A late request cannot hit the next guest.

use crate::endpoint::Tenant;
use crate::guard::Slot;
use crate::inner::Inner;
use crate::protocol::{CancelLookup, ServerFacts};
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The sessions that guests have, by the numbers they know them by. Its lock is taken under a slot's lock (a guest's
/// `KILL` on its way) and takes none itself.
#[derive(Default)]
pub(crate) struct CancelRegister {
    slots: Mutex<HashMap<u32, Arc<Slot>>>,
}

impl CancelRegister {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_used(&self, number: u32) -> bool {
        self.lock().contains_key(&number)
    }

    /// A number that is used already stays with whoever has it: the newcomer cannot be cancelled.
    pub(crate) fn enter(&self, slot: &Arc<Slot>) {
        self.lock().entry(slot.cancel.number).or_insert_with(|| slot.clone());
    }

    pub(crate) fn leave(&self, slot: &Arc<Slot>) {
        let mut slots = self.lock();
        if slots.get(&slot.cancel.number).is_some_and(|entered| Arc::ptr_eq(entered, slot)) {
            slots.remove(&slot.cancel.number);
        }
    }

    /// Marks the session behind a number, if a guest of this tenant has it. `secret`: the one it must have.
    pub(crate) fn mark(&self, tenant: &Tenant, number: u32, secret: Option<u32>) -> Option<Arc<Slot>> {
        let slots = self.lock();
        let slot = slots.get(&number)?;
        if slot.tenant != *tenant || secret.is_some_and(|secret| secret != slot.cancel.secret) {
            return None;
        }
        slot.cancelled.store(true, Ordering::Release);
        Some(slot.clone())
    }
}

/// What a tracker may ask on behalf of one tenant.
pub(crate) struct TenantSessions {
    pub(crate) inner: Weak<Inner>,
    pub(crate) tenant: Tenant,
}

impl CancelLookup for TenantSessions {
    fn real_thread(&self, synthetic: u32) -> Option<u32> {
        let inner = self.inner.upgrade()?;
        thread_id(&inner.cancels.mark(&self.tenant, synthetic, None)?.facts)
    }
}

/// The number by which the server knows the session, in protocols whose guests stop each other by a command.
fn thread_id(facts: &ServerFacts) -> Option<u32> {
    match facts {
        ServerFacts::Mysql(facts) => Some(facts.thread),
        ServerFacts::Postgres(_) | ServerFacts::Redis(_) => None,
    }
}
