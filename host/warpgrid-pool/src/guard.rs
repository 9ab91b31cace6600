//! A session that a guest has taken; knows no bytes.
//!
//! The session stands behind a lock, so that the monitor can take it away from a guest that does nothing: a guest that
//! never asks again would keep it for ever otherwise. Whoever takes it out of the slot owes the pool its place: the guard
//! when it is dropped, or the monitor. Dropping the guard is the only way back into the pool.
//!
//! What a query touches is the slot's lock and two atomic numbers; the pool's lock is for checkout and checkin.

use crate::config::PoolOptions;
use crate::endpoint::Tenant;
use crate::error::Loss;
use crate::inner::Inner;
use crate::protocol::{CancelKey, Gap, ServerFacts};
use crate::session::Session;
use futures::task::AtomicWaker;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::time::Duration;
use tokio::time::Instant;

/// A session that is taken. Dropped: it is reset and kept, or destroyed, as its tracker says.
pub(crate) struct Guard {
    inner: Arc<Inner>,
    slot: Arc<Slot>,
}

/// What a guard, the monitor and the register of cancel keys share of a taken session.
pub(crate) struct Slot {
    /// The session's.
    pub(crate) id: u64,
    pub(crate) tenant: Tenant,
    pub(crate) cancel: CancelKey,
    pub(crate) facts: Arc<ServerFacts>,
    /// When the session was taken.
    since: Instant,
    session: Mutex<Option<Session>>,
    /// Why the session was taken away, and where its guest can be told.
    ended: OnceLock<(Loss, Option<Gap>)>,
    /// Why the session must not be used again.
    unfit: OnceLock<&'static str>,
    /// Whether the guest ever had access to the session.
    touched: AtomicBool,
    /// Whether somebody asked the server to stop what the session does.
    pub(crate) cancelled: AtomicBool,
    /// Whether such a request is on its way.
    pub(crate) cancelling: AtomicBool,
    /// When a byte last passed, in microseconds since `since`; in the lowest bit whether the guest waits for the server.
    progress: AtomicU64,
    reading: AtomicWaker,
    writing: AtomicWaker,
}

impl Slot {
    pub(crate) fn new(session: Session, cancel: CancelKey, now: Instant) -> Self {
        Self {
            id: session.id,
            tenant: session.key.tenant.clone(),
            cancel,
            facts: session.facts.clone(),
            since: now,
            session: Mutex::new(Some(session)),
            ended: OnceLock::new(),
            unfit: OnceLock::new(),
            touched: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
            cancelling: AtomicBool::new(false),
            progress: AtomicU64::new(0),
            reading: AtomicWaker::new(),
            writing: AtomicWaker::new(),
        }
    }

    /// The session's lock. After a panic under it nobody knows the session's state.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(|poisoned| {
            let _ = self.unfit.set("a failure inside the pool");
            PoisonError::into_inner(poisoned)
        })
    }

    /// When a byte last passed, and whether the guest waits for the server.
    pub(crate) fn progress(&self) -> (Instant, bool) {
        let progress = self.progress.load(Ordering::Relaxed);
        (self.since + Duration::from_micros(progress >> 1), progress & 1 == 1)
    }

    pub(crate) fn touched(&self) -> bool {
        self.touched.load(Ordering::Relaxed)
    }

    /// Why the session must not be used again, whatever its tracker says.
    pub(crate) fn unfit(&self) -> Option<&'static str> {
        let cancelled = self.cancelled.load(Ordering::Acquire);
        self.unfit.get().copied().or(cancelled.then_some("a query of it was cancelled"))
    }

    /// Takes the session away from its guest if `wanted` says why. The caller then owes the pool its place, and calls
    /// [`Slot::wake`] without any lock.
    pub(crate) fn take_if(&self, wanted: impl FnOnce(&Session) -> Option<Loss>) -> Option<(Session, Loss)> {
        let mut session = self.lock();
        let loss = wanted(session.as_ref()?)?;
        let taken = session.take()?;
        let _ = self.ended.set((loss, taken.tracker.gap()));
        Some((taken, loss))
    }

    pub(crate) fn wake(&self) {
        self.reading.wake();
        self.writing.wake();
    }
}

impl Guard {
    pub(crate) fn new(inner: Arc<Inner>, slot: Arc<Slot>) -> Self {
        Self { inner, slot }
    }

    /// What the server said of itself.
    pub(crate) fn facts(&self) -> &Arc<ServerFacts> {
        &self.slot.facts
    }

    /// The session, for one look at the connection. None: it was taken away; [`Guard::ended`] says why. Never held
    /// over an await.
    pub(crate) fn session(&self) -> MutexGuard<'_, Option<Session>> {
        if !self.slot.touched() {
            self.slot.touched.store(true, Ordering::Relaxed);
        }
        self.slot.lock()
    }

    /// Why the session was taken away.
    pub(crate) fn ended(&self) -> Option<Loss> {
        self.slot.ended.get().map(|(loss, _)| *loss)
    }

    /// Where the guest can be told that it has lost the session.
    pub(crate) fn gap(&self) -> Option<Gap> {
        match self.slot.ended.get() {
            Some((_, gap)) => *gap,
            None => self.slot.lock().as_ref().and_then(|session| session.tracker.gap()),
        }
    }

    /// The limits that the session has.
    pub(crate) fn options(&self) -> &PoolOptions {
        &self.inner.endpoint.options
    }

    /// Wakes `waker` when the session is taken away, at once if it was already. Call before each `Pending` of reading
    /// and of writing.
    pub(crate) fn register(&self, reading: bool, waker: &Waker) {
        let place = if reading { &self.slot.reading } else { &self.slot.writing };
        place.register(waker);
        if self.ended().is_some() {
            waker.wake_by_ref();
        }
    }

    /// Notes that bytes passed, for the deadlines; `waits_for_server` says whether the guest waits right now for the
    /// server: for its next bytes or, in the middle of a frame, for it to take some. Also called when the guest begins to wait, and when it stops; not at every poll without a byte,
    /// or a server that says nothing is never noticed. Takes no lock; call it after the tracker has seen the bytes.
    pub(crate) fn progress(&self, waits_for_server: bool) {
        let passed = Instant::now().saturating_duration_since(self.slot.since);
        let micros = u64::try_from(passed.as_micros()).unwrap_or(u64::MAX >> 1);
        self.slot.progress.store(micros << 1 | u64::from(waits_for_server), Ordering::Relaxed);
        self.inner.drain_progress();
    }

    /// The session must not be used again: its connection failed, or somebody broke the protocol.
    pub(crate) fn destroy(&self, reason: &'static str) {
        let _ = self.slot.unfit.set(reason);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.inner.check_in(&self.slot);
    }
}
