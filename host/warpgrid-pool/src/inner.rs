//! One pool: its lock, and what is done when the lock is released; decides nothing about whose turn it is.
//!
//! Locks are never taken inside each other, but for that of the cancel register, which takes none itself. Nothing is
//! called under the pool's lock that could come back to it: answers to guests, closing, and tasks wait for its release.

use crate::abandoned::Abandoned;
use crate::cancel::CancelRegister;
use crate::endpoint::Endpoint;
use crate::error::{Loss, PoolError};
use crate::guard::{Guard, Slot};
use crate::key::{MAX_STARTUP_BYTES, SessionKey, StartupSet};
use crate::net::Connector;
use crate::promised::Work;
use crate::protocol::{CancelKey, Verdict, WireProtocol};
use crate::session::Session;
use crate::state::{Effects, State};
use crate::stats::{Counts, PoolStats};
use crate::waiting::{Waiter, Waiting};
use crate::{cleanup, healthcheck, monitor, opening};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// One pool. The monitor holds it weakly; guards and tasks hold it strongly, and all of them end.
pub(crate) struct Inner {
    pub(crate) endpoint: Endpoint,
    pub(crate) wire: &'static dyn WireProtocol,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) cancels: CancelRegister,
    pub(crate) abandoned: Abandoned,
    /// Wakes the monitor.
    pub(crate) alarm: Arc<Notify>,
    /// Ends logins, resets and checks: the pool is drained.
    pub(crate) closing: CancellationToken,
    /// Wakes a drain: something ended, or bytes passed.
    pub(crate) ending: Notify,
    /// Held by who asks a server for the first time what it says of itself.
    pub(crate) asking: tokio::sync::Mutex<()>,
    draining: AtomicBool,
    session_ids: Arc<AtomicU64>,
    state: Mutex<State>,
    runtime: OnceLock<Handle>,
}

impl Inner {
    pub(crate) fn new(
        endpoint: Endpoint,
        wire: &'static dyn WireProtocol,
        connector: Arc<dyn Connector>,
        session_ids: Arc<AtomicU64>,
        seed: u64,
    ) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let state = State {
            size: endpoint.options.size,
            idle: Default::default(),
            waiting: Waiting::default(),
            granted: Default::default(),
            opening: None,
            taken: Default::default(),
            busy: 0,
            coming: Default::default(),
            holds: Default::default(),
            down: None,
            refused: Vec::new(),
            failing_since: None,
            draining: false,
            retired: false,
            generation: 0,
            facts: None,
            counts: Counts::default(),
            tickets: 0,
            numbers: random.u32(..i32::MAX as u32),
            random,
            opener_runs: false,
            monitor_runs: false,
            monitor_wakes: None,
            changed: false,
        };
        Self {
            abandoned: Abandoned::new(endpoint.options.size),
            endpoint,
            wire,
            connector,
            cancels: CancelRegister::default(),
            alarm: Arc::default(),
            closing: CancellationToken::new(),
            ending: Notify::new(),
            asking: tokio::sync::Mutex::new(()),
            draining: AtomicBool::new(false),
            session_ids,
            state: Mutex::new(state),
            runtime: OnceLock::new(),
        }
    }

    pub(crate) fn next_session_id(&self) -> u64 {
        self.session_ids.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The state, to look at. What changes it goes through [`Inner::change`].
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and then does what the change asks for.
    pub(crate) fn change<T>(self: &Arc<Self>, change: impl FnOnce(&mut State, &mut Effects) -> T) -> T {
        let mut effects = Effects::default();
        let mut state = self.state();
        let result = change(&mut state, &mut effects);
        for (_, slot) in &effects.handed {
            self.cancels.enter(slot);
        }
        monitor::keep_awake(&mut state, &self.endpoint.options, &mut effects);
        let snapshot = tracing::enabled!(tracing::Level::DEBUG).then(|| self.snapshot(&state));
        drop(state);
        if let Some(now) = snapshot {
            let PoolStats { taken, idle, busy, waiting, .. } = now;
            tracing::debug!(endpoint = self.endpoint.name, taken, idle, busy, waiting, "pool changed");
        }
        self.perform(effects);
        result
    }

    fn perform(self: &Arc<Self>, effects: Effects) {
        for (answer, slot) in effects.handed {
            // A guest that went meanwhile drops the guard, which gives the session to the next.
            let _ = answer.send(Ok(Guard::new(self.clone(), slot)));
        }
        for (answer, error) in effects.refused {
            let _ = answer.send(Err(error));
        }
        for (session, reason) in effects.ended {
            cleanup::close(self, session, reason);
        }
        for session in effects.resets {
            self.spawn(cleanup::reset(cleanup::Busy::new(self.clone(), session, Work::Reset)));
        }
        for session in effects.checks {
            self.spawn(healthcheck::check(cleanup::Busy::new(self.clone(), session, Work::Check)));
        }
        if effects.start_opener {
            self.spawn(opening::run(opening::Opener::new(self.clone())));
        }
        if effects.start_monitor {
            self.spawn(monitor::run(monitor::Monitor::new(self)));
        } else if effects.wake_monitor {
            self.alarm.notify_one();
        }
        if self.draining.load(Ordering::Relaxed) {
            self.ending.notify_one();
        }
    }

    /// Starts a task. Where no runtime runs any more it is dropped, and so gives its place back.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(task)),
            Err(_) => match self.runtime.get() {
                Some(runtime) => drop(runtime.spawn(task)),
                None => drop(task),
            },
        }
    }

    /// Asks for a session. The answer comes by the receiver, at once if it can.
    pub(crate) fn ask(
        self: &Arc<Self>,
        key: &SessionKey,
        cancel: CancelKey,
    ) -> Result<(u64, oneshot::Receiver<Result<Guard, PoolError>>), PoolError> {
        if let (None, Ok(runtime)) = (self.runtime.get(), Handle::try_current()) {
            let _ = self.runtime.set(runtime);
        }
        let (answer, receiver) = oneshot::channel();
        let now = Instant::now();
        self.change(|state, effects| {
            if state.draining {
                state.counts.failed += 1;
                return Err(self.drained());
            }
            if let Err(error) = self.admit(&key.startup) {
                state.counts.failed += 1;
                return Err(error);
            }
            state.tickets += 1;
            let ticket = state.tickets;
            let waiter = Waiter { ticket, key: key.clone(), cancel, since: now, disappointed: false, answer };
            let asked = state.ask(waiter, self.endpoint.options.queue, now, effects);
            asked.map(|()| (ticket, receiver)).map_err(|error| {
                state.counts.failed += 1;
                error.unwrap_or_else(|| self.queue_full())
            })
        })
    }

    fn admit(&self, startup: &StartupSet) -> Result<(), PoolError> {
        let parameters = startup.parameters.iter().map(|(name, value)| name.len() + value.len());
        if parameters.sum::<usize>() + startup.database.as_ref().map_or(0, String::len) <= MAX_STARTUP_BYTES {
            return Ok(());
        }
        let reason = format!("its start-up parameters are longer than {MAX_STARTUP_BYTES} bytes");
        Err(PoolError::Denied { endpoint: self.endpoint.name.clone(), reason })
    }

    /// A guest gives its session back, if it was not taken away.
    pub(crate) fn check_in(self: &Arc<Self>, slot: &Arc<Slot>) {
        // In this order: who finds the slot in the register marks it before it leaves.
        self.cancels.leave(slot);
        let Some(session) = slot.lock().take() else { return };
        let now = Instant::now();
        let verdict = match slot.unfit() {
            Some(reason) => Some(Verdict::Destroy(reason)),
            None => slot.touched().then(|| session.tracker.verdict()),
        };
        self.change(|state, effects| {
            state.release(slot);
            match verdict {
                None => state.arrive(session, now, effects),
                Some(Verdict::Reset) => state.reset(session, now, effects),
                Some(Verdict::Destroy(reason)) => {
                    state.end(session, reason, effects);
                    state.share_out(now, effects);
                }
            }
        });
    }

    /// Destroys sessions that were taken away from their guests, and wakes those.
    pub(crate) fn take_away(self: &Arc<Self>, taken: Vec<(Arc<Slot>, Session, Loss)>) {
        if taken.is_empty() {
            return;
        }
        let now = Instant::now();
        let slots = taken.iter().map(|(slot, ..)| slot.clone()).collect::<Vec<_>>();
        self.change(|state, effects| {
            for (slot, session, loss) in taken {
                state.release(&slot);
                state.end(session, loss.reason(), effects);
            }
            state.share_out(now, effects);
        });
        slots.iter().for_each(|slot| slot.wake());
    }

    /// Lets no guest in any more.
    pub(crate) fn begin_drain(self: &Arc<Self>) {
        self.draining.store(true, Ordering::Relaxed);
        self.change(|state, effects| state.drain(&self.drained(), Instant::now(), effects));
        self.closing.cancel();
    }

    /// Bytes passed on a session: a drain looks whether it may end now.
    pub(crate) fn drain_progress(&self) {
        if self.draining.load(Ordering::Relaxed) {
            self.ending.notify_one();
        }
    }

    pub(crate) fn cancel_key(&self) -> CancelKey {
        self.state().cancel_key(|number| self.cancels.is_used(number))
    }

    pub(crate) fn drained(&self) -> PoolError {
        PoolError::Draining { endpoint: self.endpoint.name.clone() }
    }

    fn queue_full(&self) -> PoolError {
        PoolError::QueueFull { endpoint: self.endpoint.name.clone(), queue: self.endpoint.options.queue }
    }

    pub(crate) fn unreachable(&self, reason: String) -> PoolError {
        let retry = self.endpoint.options.retry;
        PoolError::Unreachable { endpoint: self.endpoint.name.clone(), reason, retry }
    }

    pub(crate) fn snapshot(&self, state: &State) -> PoolStats {
        let mut refused = state.refused.iter().map(|(_, error, _)| error);
        let refused = refused.rfind(|error| !matches!(error, PoolError::Denied { .. }));
        let down = state.down.as_ref().map(|(error, _)| error).or(refused).map(ToString::to_string);
        let down_for = down.as_ref().and(state.failing_since).map(|since| since.elapsed());
        state.counts.publish(PoolStats {
            endpoint: self.endpoint.name.clone(),
            taken: state.taken.len(),
            idle: state.idle.len(),
            busy: state.busy + usize::from(state.opening.is_some()) + state.granted.len(),
            waiting: state.waiting.len(),
            size: state.size,
            down,
            down_for,
            ..PoolStats::default()
        })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The monitor sees that the pool is gone.
        self.alarm.notify_one();
    }
}

/// The moment after a time that may be as long as a number can be.
pub(crate) fn later(moment: Instant, time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
    moment + time.min(FAR)
}
