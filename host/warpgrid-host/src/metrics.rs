//! The counters of an application in Prometheus' form; serves nothing and decides nothing.

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use warpgrid_grants::refusal::{Capability, Reason};
use warpgrid_grants::threading::ThreadingModel;

/// Labels of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    capability: String,
    reason: String,
}

/// Labels of a declared threading model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ThreadingLabels {
    model: String,
}

/// What is counted. One value per process or per application, as the embedder likes; shared by reference.
pub struct Metrics {
    registry: Mutex<Registry>,
    refusals: Family<RefusalLabels, Counter>,
    threading_models: Family<ThreadingLabels, Counter>,
    /// Instances that exist now.
    pub instances: Gauge,
    /// Look-ups that the cache answered.
    pub dns_hits: Counter,
    /// Look-ups that it did not.
    pub dns_misses: Counter,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("warpgrid");
        let (refusals, instances) = (Family::default(), Gauge::default());
        let (dns_hits, dns_misses) = (Counter::default(), Counter::default());
        registry.register("refusals", "what guests were refused", refusals.clone());
        registry.register("instances", "instances that exist now", instances.clone());
        registry.register("dns_hits", "look-ups that the cache answered", dns_hits.clone());
        registry.register("dns_misses", "look-ups that the cache did not answer", dns_misses.clone());
        let threading_models = Family::default();
        registry.register(
            "threading_models",
            "instances that declared a threading model",
            threading_models.clone(),
        );
        Self { registry: Mutex::new(registry), refusals, threading_models, instances, dns_hits, dns_misses }
    }
}

impl Metrics {
    /// Counts a refusal.
    pub fn refused(&self, capability: Capability, reason: Reason) {
        let labels = RefusalLabels { capability: capability.to_string(), reason: reason.to_string() };
        self.refusals.get_or_create(&labels).inc();
    }

    /// Counts an instance that declared this threading model.
    pub fn threading_declared(&self, model: ThreadingModel) {
        self.threading_models.get_or_create(&ThreadingLabels { model: model.to_string() }).inc();
    }

    /// The text that a Prometheus server reads (OpenMetrics 1.0).
    pub fn text(&self) -> String {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing into a text cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }
}
