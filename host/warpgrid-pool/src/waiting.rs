//! The guests that wait for room, and whose turn it is; knows no session.
//!
//! Within a tenant the first to come is the first to be served. Between tenants the next turn is of the one that holds
//! fewest sessions, so that no number of waiting guests gives a tenant more than its share; among equals it is of the one
//! whose first guest waits longest.

use crate::endpoint::Tenant;
use crate::error::PoolError;
use crate::guard::Guard;
use crate::key::SessionKey;
use crate::protocol::CancelKey;
use std::collections::{BTreeMap, HashMap};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How a guest gets its answer.
pub(crate) type Answer = oneshot::Sender<Result<Guard, PoolError>>;

/// A guest that waits.
pub(crate) struct Waiter {
    /// Unique in the pool, in the order of coming.
    pub(crate) ticket: u64,
    pub(crate) key: SessionKey,
    pub(crate) cancel: CancelKey,
    pub(crate) since: Instant,
    /// The session that it waited for did not come: its time for a new one begins anew, once.
    pub(crate) disappointed: bool,
    pub(crate) answer: Answer,
}

/// The queue.
#[derive(Default)]
pub(crate) struct Waiting {
    lines: BTreeMap<Tenant, BTreeMap<u64, Waiter>>,
    count: usize,
}

/// How many sessions each tenant holds or is about to hold.
#[derive(Default)]
pub(crate) struct Holds(HashMap<Tenant, usize>);

impl Holds {
    pub(crate) fn of(&self, tenant: &Tenant) -> usize {
        self.0.get(tenant).copied().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, tenant: &Tenant) {
        match self.0.get_mut(tenant) {
            Some(count) => *count += 1,
            None => {
                self.0.insert(tenant.clone(), 1);
            }
        }
    }

    pub(crate) fn subtract(&mut self, tenant: &Tenant) {
        if let Some(count) = self.0.get_mut(tenant) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(tenant);
            }
        }
    }
}

impl Waiting {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn push(&mut self, waiter: Waiter) {
        self.count += 1;
        self.lines.entry(waiter.key.tenant.clone()).or_default().insert(waiter.ticket, waiter);
    }

    /// Whose turn it is.
    pub(crate) fn next(&self, holds: &Holds) -> Option<&Waiter> {
        let firsts = self.lines.values().filter_map(|line| line.first_key_value());
        firsts.map(|(_, waiter)| waiter).min_by_key(|waiter| (holds.of(&waiter.key.tenant), waiter.ticket))
    }

    /// Takes a guest out of the queue. None: it is not in it.
    pub(crate) fn remove(&mut self, tenant: &Tenant, ticket: u64) -> Option<Waiter> {
        let line = self.lines.get_mut(tenant)?;
        let waiter = line.remove(&ticket)?;
        if line.is_empty() {
            self.lines.remove(tenant);
        }
        self.count -= 1;
        Some(waiter)
    }

    /// Takes out everyone of whom `which` says so, in the order of coming.
    pub(crate) fn remove_all(&mut self, mut which: impl FnMut(&Waiter) -> bool) -> Vec<Waiter> {
        let mut removed = Vec::new();
        self.lines.retain(|_, line| {
            removed.extend(line.extract_if(.., |_, waiter| which(waiter)).map(|(_, waiter)| waiter));
            !line.is_empty()
        });
        self.count -= removed.len();
        removed.sort_by_key(|waiter| waiter.ticket);
        removed
    }
}
