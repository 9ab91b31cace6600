//! The counters of an application in Prometheus' form; serves nothing and decides nothing.

use crate::http::HttpMetrics;
use prometheus_client::collector::Collector;
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

/// Labels of a limit that was reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    limit: &'static str,
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
    limits: Family<LimitLabels, Counter>,
    threading_models: Family<ThreadingLabels, Counter>,
    /// Instances that exist now.
    pub instances: Gauge,
    /// Instances that were made.
    pub instances_made: Counter,
    /// Instances that trapped or that the host ended.
    pub instances_failed: Counter,
    /// Look-ups that the cache answered.
    pub dns_hits: Counter,
    /// Look-ups that it did not.
    pub dns_misses: Counter,
    pub(crate) http: HttpMetrics,
}

/// One instance, counted until this is dropped.
#[derive(Debug)]
pub(crate) struct CountedInstance(Gauge);

impl Drop for CountedInstance {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// Shows further numbers, read when somebody asks.
    pub(crate) fn register_collector(&self, collector: Box<dyn Collector>) {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).register_collector(collector);
    }
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
        let limits = Family::default();
        let (instances_made, instances_failed) = (Counter::default(), Counter::default());
        let (dns_hits, dns_misses) = (Counter::default(), Counter::default());
        registry.register("refusals", "what guests were refused", refusals.clone());
        registry.register("instances", "instances that exist now", instances.clone());
        registry.register("instances_made", "instances that were made", instances_made.clone());
        registry.register(
            "instances_failed",
            "instances that trapped or that the host ended",
            instances_failed.clone(),
        );
        registry.register(
            "limits_hit",
            "limits that were reached, by the last part of the key",
            limits.clone(),
        );
        registry.register("dns_hits", "look-ups that the cache answered", dns_hits.clone());
        registry.register("dns_misses", "look-ups that the cache did not answer", dns_misses.clone());
        let threading_models = Family::default();
        registry.register(
            "threading_models",
            "instances that declared a threading model",
            threading_models.clone(),
        );
        let http = HttpMetrics::new(&mut registry);
        let registry = Mutex::new(registry);
        Self {
            registry,
            refusals,
            limits,
            threading_models,
            instances,
            instances_made,
            instances_failed,
            dns_hits,
            dns_misses,
            http,
        }
    }
}

impl Metrics {
    /// Counts a refusal.
    pub fn refused(&self, capability: Capability, reason: Reason) {
        let labels = RefusalLabels { capability: capability.to_string(), reason: reason.to_string() };
        self.refusals.get_or_create(&labels).inc();
    }

    /// Counts that a limit was reached. `limit` is the last part of its key in `warp.toml`.
    pub fn limit_hit(&self, limit: &'static str) {
        self.limits.get_or_create(&LimitLabels { limit }).inc();
    }

    /// Counts an instance until the answer is dropped.
    pub(crate) fn instance(&self) -> CountedInstance {
        self.instances_made.inc();
        self.instances.inc();
        CountedInstance(self.instances.clone())
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
