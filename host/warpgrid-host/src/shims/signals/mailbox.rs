//! The queue of one instance and who waits for it; knows no other instance.

use crate::instance::InstanceFacts;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use warpgrid_grants::refusal::{Capability, Reason};
use warpgrid_grants::signals::{Delivery, SignalQueue, SignalType};

/// The signals that wait for an instance. Written by the host, read by the guest.
pub(super) struct Mailbox {
    facts: Arc<InstanceFacts>,
    queue: Mutex<SignalQueue>,
    arrived: Notify,
}

impl Mailbox {
    pub(super) fn new(facts: Arc<InstanceFacts>) -> Self {
        let queue = Mutex::new(SignalQueue::new(facts.limits.signals));
        Self { facts, queue, arrived: Notify::new() }
    }

    fn queue(&self) -> MutexGuard<'_, SignalQueue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn ask(&self, signal: SignalType) {
        tracing::debug!(shim = "signals", instance = %self.facts.id, %signal, "asked for");
        self.queue().ask(signal);
    }

    pub(super) fn take(&self) -> Option<SignalType> {
        self.queue().take()
    }

    pub(super) fn deliver(&self, signal: SignalType) -> Delivery {
        let delivery = self.queue().add(signal);
        let instance = self.facts.id;
        match delivery {
            Delivery::NotAsked => {
                tracing::debug!(shim = "signals", %instance, %signal, "not asked for");
                return delivery;
            }
            Delivery::Queued => tracing::debug!(shim = "signals", %instance, %signal, "delivered"),
            Delivery::QueuedDropping(dropped) => {
                tracing::warn!(
                    %instance, %signal, %dropped, limit = self.facts.limits.signals,
                    "the guest takes no signals: its queue is full and the oldest was dropped"
                );
                self.facts.refusals.add(Capability::Signal, &dropped.to_string(), Reason::Limit);
            }
        }
        self.arrived.notify_waiters();
        delivery
    }

    /// Waits until a signal is there. It stays there: several waiters are all woken.
    pub(super) async fn holds_one(&self) {
        loop {
            let arrived = self.arrived.notified();
            tokio::pin!(arrived);
            // Registered before the look, so that a signal that comes between the two is not missed.
            arrived.as_mut().enable();
            if !self.queue().is_empty() {
                return;
            }
            arrived.await;
        }
    }
}
