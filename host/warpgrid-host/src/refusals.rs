//! The one place through which every refusal goes: record, counter and log line; decides nothing.

use crate::http::CurrentRequests;
use crate::instance::InstanceId;
use crate::metrics::Metrics;
use std::sync::{Arc, Mutex, PoisonError};
use warpgrid_grants::refusal::{Capability, MAX_SUBJECT_BYTES, Reason, Refusal, RefusalRecord};

/// How many refusals of an instance get a log line each; after that, each doubling of their number gets one.
const LOGGED: u64 = 100;

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
        self.metrics.refused(capability, reason);
        let count = {
            let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
            record.add(capability, subject, reason);
            record.count()
        };
        // A guest that is refused without end must not fill the log.
        if count <= LOGGED || count.is_power_of_two() {
            let subject = &subject[..subject.floor_char_boundary(MAX_SUBJECT_BYTES)];
            tracing::info!(instance = %self.instance, request, %capability, subject, %reason, count, "refused");
        }
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
