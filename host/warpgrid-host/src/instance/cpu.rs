//! How long an instance has been on the processor; decides when that is too long.
//!
//! Every tick of the engine, a guest that runs gives way: it yields to the executor, so that one that never
//! waits holds up nobody. At that point its time is looked at. The time is that of the thread while it polls
//! the guest's future ([`Metered`]), so waiting costs nothing, and neither does what other threads take.
//! Where nobody wraps the future, each tick that finds the guest running counts as one tick.

use crate::engine::TICK;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use wasmtime::UpdateDeadline;

/// The instance was on the processor for longer than it may.
#[derive(Debug, thiserror::Error)]
#[error("the limit of {limit:?} on the processor is used up")]
pub(crate) struct CpuLimitReached {
    pub(crate) limit: Duration,
}

/// The time of one instance. Shared by its store and what polls it.
#[derive(Debug)]
pub(crate) struct CpuMeter {
    limit: Option<Duration>,
    /// Nanoseconds of the polls that are over, or of ticks.
    used: AtomicU64,
    /// The thread's clock when the present poll began; [`OUTSIDE`] when there is none.
    entered: AtomicU64,
}

/// No poll is going on, or nobody measures them.
const OUTSIDE: u64 = u64::MAX;

impl CpuMeter {
    pub(crate) fn new(limit: Option<Duration>) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicU64::new(0), entered: AtomicU64::new(OUTSIDE) })
    }

    /// What has been used.
    pub(crate) fn used(&self) -> Duration {
        let entered = self.entered.load(Ordering::Relaxed);
        let present = if entered == OUTSIDE { 0 } else { thread_clock().saturating_sub(entered) };
        Duration::from_nanos(self.used.load(Ordering::Relaxed).saturating_add(present))
    }

    /// Called at each tick that finds the guest running: it gives way, or is ended.
    pub(crate) fn tick(&self) -> Result<UpdateDeadline, CpuLimitReached> {
        if let Some(limit) = self.limit {
            if self.entered.load(Ordering::Relaxed) == OUTSIDE {
                self.add(nanoseconds(TICK));
            }
            if self.used() >= limit {
                return Err(CpuLimitReached { limit });
            }
        }
        Ok(UpdateDeadline::Yield(1))
    }

    fn add(&self, nanoseconds: u64) {
        self.used.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

/// The time that this thread was on the processor, in nanoseconds.
fn thread_clock() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let part = |value: i64| u64::try_from(value).unwrap_or(0);
    part(now.tv_sec).saturating_mul(1_000_000_000).saturating_add(part(now.tv_nsec))
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A guest's future whose polls are measured, if there is a limit.
pub(crate) struct Metered<F> {
    meter: Arc<CpuMeter>,
    future: Pin<Box<F>>,
}

impl<F> Metered<F> {
    pub(crate) fn new(meter: Arc<CpuMeter>, future: F) -> Self {
        Self { meter, future: Box::pin(future) }
    }
}

impl<F: Future> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.meter.limit.is_none() {
            return self.future.as_mut().poll(context);
        }
        let start = thread_clock();
        self.meter.entered.store(start, Ordering::Relaxed);
        let polled = self.future.as_mut().poll(context);
        self.meter.entered.store(OUTSIDE, Ordering::Relaxed);
        self.meter.add(thread_clock().saturating_sub(start));
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_wrapper_every_tick_counts_and_the_limit_ends_the_guest() {
        let meter = CpuMeter::new(Some(TICK * 3));
        assert!(matches!(meter.tick(), Ok(UpdateDeadline::Yield(1))));
        assert!(meter.tick().is_ok());
        assert_eq!(meter.used(), TICK * 2);
        let reached = meter.tick().err().map(|reached| reached.limit);
        assert_eq!(reached, Some(TICK * 3));
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let meter = CpuMeter::new(None);
        assert!((0..1000).all(|_| meter.tick().is_ok()));
        assert_eq!(meter.used(), Duration::ZERO);
    }
}
