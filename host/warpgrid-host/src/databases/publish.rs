//! The pools' numbers among the metrics, read when somebody asks; counts nothing itself.

use crate::metrics::Metrics;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::fmt;
use std::sync::Arc;
use warpgrid_pool::ConnectionPoolManager;
use warpgrid_pool::stats::PoolStats;

/// Reads the numbers of every pool.
struct PoolCollector(Arc<ConnectionPoolManager>);

impl fmt::Debug for PoolCollector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PoolCollector").finish_non_exhaustive()
    }
}

type Gauges = (&'static str, &'static str, fn(&PoolStats) -> i64);
type Counters = (&'static str, &'static str, fn(&PoolStats) -> u64);

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

const GAUGES: &[Gauges] = &[
    ("database_sessions_taken", "sessions that guests have", |stats| whole(stats.taken)),
    ("database_sessions_idle", "sessions that nobody has", |stats| whole(stats.idle)),
    ("database_sessions_busy", "sessions being opened, reset or checked", |stats| whole(stats.busy)),
    ("database_sessions_limit", "sessions that there may be", |stats| whole(stats.size)),
    ("database_guests_waiting", "guests that wait for a session", |stats| whole(stats.waiting)),
    ("database_server_down", "1 while the server is thought to be down", |stats| {
        i64::from(stats.down.is_some())
    }),
];

const COUNTERS: &[Counters] = &[
    ("database_checkouts", "sessions given to guests", |stats| stats.checkouts),
    ("database_checkouts_reused", "of those, with a session that was there already", |stats| stats.reused),
    ("database_sessions_opened", "logins at the server", |stats| stats.opened),
    ("database_sessions_reset", "sessions reset and kept", |stats| stats.reset),
    ("database_waits", "guests that had to wait", |stats| stats.waits),
    ("database_failures", "guests that got no session", |stats| stats.failed),
];

impl Collector for PoolCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let pools = self.0.stats();
        let label = |pool: &PoolStats| [("binding", pool.endpoint.clone())];
        for (name, help, read) in GAUGES {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for pool in &pools {
                ConstGauge::new(read(pool)).encode(metric.encode_family(&label(pool))?)?;
            }
        }
        for (name, help, read) in COUNTERS {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            for pool in &pools {
                ConstCounter::new(read(pool)).encode(metric.encode_family(&label(pool))?)?;
            }
        }
        let help = "sessions destroyed, by reason";
        let mut metric =
            encoder.encode_descriptor("database_sessions_destroyed", help, None, MetricType::Counter)?;
        for pool in &pools {
            for (reason, count) in &pool.destroyed {
                let labels = [("binding", pool.endpoint.clone()), ("reason", (*reason).to_owned())];
                ConstCounter::new(*count).encode(metric.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}

impl Metrics {
    /// Shows the numbers of these pools from now on.
    pub fn show_pools(&self, manager: &Arc<ConnectionPoolManager>) {
        self.register_collector(Box::new(PoolCollector(manager.clone())));
    }
}
