//! What the clients of a listener get, and how many there are; accepts nobody itself.

use super::ListenOptions;
use super::client::Door;
use crate::endpoint::Tenant;
use crate::pool::Pool;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// The terms of a listener, for those who operate it: they can be changed while it serves.
pub struct ListenerControl {
    door: Mutex<Arc<Door>>,
    clients: AtomicUsize,
}

impl ListenerControl {
    /// Clients become guests of `tenant` in `pool`. Of the options all count but the address and
    /// [`ListenOptions::stop`].
    pub fn new(pool: Arc<Pool>, tenant: Tenant, options: &ListenOptions) -> Arc<Self> {
        let door = Mutex::new(Arc::new(terms(pool, tenant, options)));
        Arc::new(Self { door, clients: AtomicUsize::new(0) })
    }

    /// Other terms for clients that come from now on. Those who are connected keep theirs.
    pub fn change(&self, pool: Arc<Pool>, tenant: Tenant, options: &ListenOptions) {
        *self.door.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(terms(pool, tenant, options));
    }

    /// How many clients are connected.
    pub fn clients(&self) -> usize {
        self.clients.load(Relaxed)
    }

    pub(super) fn door(&self) -> Arc<Door> {
        Arc::clone(&self.door.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A place for one more client, if there are fewer than `limit`.
    pub(super) fn enter(self: &Arc<Self>, limit: usize) -> Option<Connected> {
        let more = |clients: usize| (clients < limit).then_some(clients + 1);
        self.clients.fetch_update(Relaxed, Relaxed, more).ok()?;
        Some(Connected(Arc::clone(self)))
    }
}

fn terms(pool: Arc<Pool>, tenant: Tenant, options: &ListenOptions) -> Door {
    Door {
        acceptor: options.tls.as_ref().map(|tls| tls.acceptor(pool.endpoint().protocol)),
        pool,
        tenant,
        tls_required: options.tls_required,
        half_closed: options.half_closed,
        clients: options.clients,
    }
}

/// A client, counted until this is dropped.
pub(super) struct Connected(Arc<ListenerControl>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.clients.fetch_sub(1, Relaxed);
    }
}
