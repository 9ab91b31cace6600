//! The one place through which every refusal goes: record, counter and log line; decides nothing.

use crate::http::CurrentRequests;
use crate::instance::InstanceId;
use crate::metrics::Metrics;
use std::sync::{Arc, Mutex, PoisonError};
use warpgrid_grants::refusal::{Capability, Reason, Refusal, RefusalRecord};

/// The refusals of one instance.
pub struct Refusals {
    instance: InstanceId,
    requests: Arc<CurrentRequests>,
    record: Mutex<RefusalRecord>,
    metrics: Arc<Metrics>,
}

impl Refusals {
    /// An empty record.
    pub(crate) fn new(instance: InstanceId, requests: Arc<CurrentRequests>, metrics: Arc<Metrics>) -> Self {
        Self { instance, requests, record: Mutex::new(RefusalRecord::default()), metrics }
    }

    /// Records that the guest was refused something. `subject` is what it asked for: a path, a name, an
    /// address; never a secret.
    pub fn add(&self, capability: Capability, subject: &str, reason: Reason) {
        let request = self.requests.only();
        let request = request.as_deref();
        tracing::info!(instance = %self.instance, request, %capability, subject, %reason, "refused");
        self.metrics.refused(capability, reason);
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.add(capability, subject, reason);
    }

    /// How many there were in all.
    pub fn count(&self) -> u64 {
        self.record.lock().unwrap_or_else(PoisonError::into_inner).count()
    }

    /// The newest ones, oldest first.
    pub fn newest(&self) -> Vec<Refusal> {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.newest().cloned().collect()
    }
}
