//! The one task of a pool that watches the clock; reads no bytes.
//!
//! Each round: idle sessions that are too old end, those of the health check's age are asked whether they live, and
//! sessions whose guests or servers do nothing although something is owed are taken away from their guests. Then it sleeps
//! until the earliest moment at which any of this can be due. Guests do not tell the monitor about each query: a state
//! that begins after a round cannot be over its limit before the shortest limit has passed, so it sleeps at most so long
//! while any session is taken.

use crate::config::PoolOptions;
use crate::error::Loss;
use crate::guard::Slot;
use crate::inner::{Inner, later};
use crate::session::Session;
use crate::state::{Effects, State};
use std::sync::{Arc, Weak};
use tokio::sync::Notify;
use tokio::time::{Duration, Instant, sleep_until};

/// The least time between two rounds for the same reason.
const SHORTEST_ROUND: Duration = Duration::from_millis(10);

/// The monitor's hold on its pool. Dropped with the runtime: the next checkout starts another monitor.
pub(crate) struct Monitor {
    inner: Weak<Inner>,
    alarm: Arc<Notify>,
    last_summary: Instant,
}

impl Monitor {
    pub(crate) fn new(inner: &Arc<Inner>) -> Self {
        Self { inner: Arc::downgrade(inner), alarm: inner.alarm.clone(), last_summary: Instant::now() }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        if let Some(inner) = self.inner.upgrade() {
            inner.state().monitor_runs = false;
        }
    }
}

/// Watches until the pool is gone.
pub(crate) async fn run(mut monitor: Monitor) {
    while let Some(inner) = monitor.inner.upgrade() {
        let wakes = round(&inner, &mut monitor.last_summary);
        drop(inner);
        tokio::select! {
            biased;
            () = sleep_until(wakes) => {}
            () = monitor.alarm.notified() => {}
        }
    }
}

/// Sees to it that the monitor runs, and wakes before anything that the state holds now can be due.
pub(crate) fn keep_awake(state: &mut State, options: &PoolOptions, effects: &mut Effects) {
    if !state.monitor_runs {
        if state.places() > 0 {
            state.monitor_runs = true;
            effects.start_monitor = true;
        }
        return;
    }
    let wakes = next_round(state, options, Instant::now());
    if state.monitor_wakes.is_some_and(|planned| wakes < planned) {
        state.monitor_wakes = Some(wakes);
        effects.wake_monitor = true;
    }
}

fn next_round(state: &State, options: &PoolOptions, now: Instant) -> Instant {
    let mut next = later(now, Duration::MAX);
    if let Some(idle) = state.idle.earliest(|session| due(session, options)) {
        next = next.min(idle);
    }
    if !state.taken.is_empty() {
        next = next.min(later(now, shortest(options)));
    }
    if state.changed {
        next = next.min(later(now, options.healthcheck));
    }
    next
}

fn shortest(options: &PoolOptions) -> Duration {
    options.stall.min(options.reply).min(options.transaction).max(SHORTEST_ROUND)
}

/// When an idle session ends or is asked whether it lives.
fn due(session: &Session, options: &PoolOptions) -> Instant {
    let check = later(session.last_checked, options.healthcheck.max(SHORTEST_ROUND));
    check.min(later(session.last_used, options.idle)).min(session.retire_at)
}

fn round(inner: &Arc<Inner>, last_summary: &mut Instant) -> Instant {
    let options = &inner.endpoint.options;
    let now = Instant::now();
    let slots = inner.change(|state, effects| {
        let due = state.idle.take_all(|session| due(session, options) <= now);
        for session in due {
            if later(session.last_used, options.idle) <= now {
                state.end(session, "nobody used it", effects);
            } else if session.retire_at <= now {
                state.end(session, "it grew too old", effects);
            } else {
                state.busy += 1;
                effects.checks.push(session);
            }
        }
        state.taken.values().cloned().collect::<Vec<_>>()
    });

    let mut next = later(now, Duration::MAX);
    let mut overdue = Vec::new();
    for slot in slots {
        if let Some((session, loss)) = slot.take_if(|session| match deadline(&slot, session, options) {
            Some((moment, loss)) if moment <= now => Some(loss),
            Some((moment, _)) => {
                next = next.min(moment);
                None
            }
            None => None,
        }) {
            tracing::info!(
                endpoint = inner.endpoint.name,
                tenant = slot.tenant.name(),
                session = slot.id,
                reason = loss.reason(),
                "session taken away from its guest"
            );
            overdue.push((slot, session, loss));
        }
    }
    inner.take_away(overdue);

    let mut state = inner.state();
    if state.changed && later(*last_summary, options.healthcheck) <= now {
        *last_summary = now;
        state.changed = false;
        let stats = inner.snapshot(&state);
        let total = stats.taken + stats.idle + stats.busy;
        tracing::info!(
            endpoint = stats.endpoint,
            active = stats.taken,
            idle = stats.idle,
            total,
            waiting = stats.waiting,
            wait_count = stats.waits,
            "pool"
        );
    }
    next = next.min(next_round(&state, options, now));
    state.monitor_wakes = Some(next);
    next
}

/// Until when the guest and the server must do something, and what they failed to do then.
fn deadline(slot: &Slot, session: &Session, options: &PoolOptions) -> Option<(Instant, Loss)> {
    let (progress, waits_for_server) = slot.progress();
    let tracker = &session.tracker;
    let (limit, loss) = if tracker.in_guest_frame() && waits_for_server {
        (options.stall, Loss::UntakenFrame)
    } else if tracker.in_guest_frame() {
        (options.stall, Loss::HalfFrame)
    } else if tracker.is_busy() && waits_for_server {
        (options.reply, Loss::UnfinishedAnswer)
    } else if tracker.is_busy() {
        (options.stall, Loss::UnreadAnswer)
    } else if tracker.in_transaction() {
        (options.transaction, Loss::OpenTransaction)
    } else {
        return None;
    };
    Some((later(progress, limit), loss))
}
