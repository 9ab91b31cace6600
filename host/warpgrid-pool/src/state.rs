//! What a pool knows under its lock, and how that changes; waits for nothing and calls nobody.
//!
//! A place is a session or the right to log one in; there are `size` of them. Each place is *idle*, *taken*, *busy* (reset
//! or checked), *opening*, or *granted*: promised to a guest whose session is not being opened yet, because one is opened
//! at a time. A guest whose key a session has that is being reset waits for that session and needs no place of its own
//! ([`Coming`]). Guests wait in the queue only while all places are in use and none is idle: every change ends with
//! [`State::share_out`], which sees to that. What a change asks for outside the lock is collected in [`Effects`].

use crate::coming::Coming;
use crate::endpoint::Tenant;
use crate::error::PoolError;
use crate::guard::Slot;
use crate::idle::Idle;
use crate::key::SessionKey;
use crate::protocol::{CancelKey, ServerFacts};
use crate::session::Session;
use crate::stats::Counts;
use crate::waiting::{Answer, Holds, Waiter, Waiting};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::time::Instant;

/// How many keys are remembered whose logins the server refused.
const MAX_REFUSED_KEYS: usize = 64;

/// All that a pool's lock protects.
pub(crate) struct State {
    pub(crate) size: usize,
    pub(crate) idle: Idle,
    pub(crate) waiting: Waiting,
    pub(crate) granted: VecDeque<Waiter>,
    pub(crate) opening: Option<Opening>,
    pub(crate) taken: BTreeMap<u64, Arc<Slot>>,
    pub(crate) busy: usize,
    pub(crate) coming: Coming,
    pub(crate) holds: Holds,
    /// Why the server was not reached, and until when nobody tries again.
    pub(crate) down: Option<(PoolError, Instant)>,
    /// The same for logins that failed by what a guest asked for: other guests do not suffer by it.
    pub(crate) refused: Vec<(SessionKey, PoolError, Instant)>,
    /// The first failed login since one succeeded.
    pub(crate) failing_since: Option<Instant>,
    pub(crate) draining: bool,
    /// No session is kept: another pool has taken this one's place.
    pub(crate) retired: bool,
    /// Sessions of an earlier generation are destroyed.
    pub(crate) generation: u64,
    pub(crate) facts: Option<Arc<ServerFacts>>,
    pub(crate) counts: Counts,
    pub(crate) random: fastrand::Rng,
    pub(crate) tickets: u64,
    pub(crate) numbers: u32,
    pub(crate) opener_runs: bool,
    pub(crate) monitor_runs: bool,
    /// When the monitor looks next.
    pub(crate) monitor_wakes: Option<Instant>,
    /// Whether something changed since the monitor's last summary.
    pub(crate) changed: bool,
}

/// The login that runs.
pub(crate) struct Opening {
    pub(crate) key: SessionKey,
    pub(crate) generation: u64,
    /// For whom. None: that guest went, or got another session meanwhile.
    pub(crate) waiter: Option<Waiter>,
}

/// What is left to do when the lock is released.
#[derive(Default)]
pub(crate) struct Effects {
    pub(crate) handed: Vec<(Answer, Arc<Slot>)>,
    pub(crate) refused: Vec<(Answer, PoolError)>,
    pub(crate) ended: Vec<(Session, &'static str)>,
    pub(crate) resets: Vec<Session>,
    pub(crate) checks: Vec<Session>,
    pub(crate) start_opener: bool,
    pub(crate) start_monitor: bool,
    pub(crate) wake_monitor: bool,
}

impl State {
    /// Places in use, in whatever way.
    pub(crate) fn places(&self) -> usize {
        self.idle.len()
            + self.taken.len()
            + self.busy
            + usize::from(self.opening.is_some())
            + self.granted.len()
    }

    /// A place for one more: free, or that of the session which is idle longest.
    fn make_room(&mut self, effects: &mut Effects) -> bool {
        if self.places() < self.size {
            return true;
        }
        let oldest = self.idle.take_oldest();
        oldest.map(|session| self.end(session, "its place was needed", effects)).is_some()
    }

    /// An idle session of this key that nothing speaks against.
    fn take_idle(&mut self, key: &SessionKey, now: Instant, effects: &mut Effects) -> Option<Session> {
        loop {
            let mut session = self.idle.take(key)?;
            match self.unfit(&mut session, now) {
                Some(reason) => self.end(session, reason, effects),
                None => return Some(session),
            }
        }
    }

    /// Why a session that nobody has must not be given out.
    fn unfit(&self, session: &mut Session, now: Instant) -> Option<&'static str> {
        self.outdated(session, now).or_else(|| {
            (!session.is_quiet()).then_some("the server closed it, or sent what nobody asked for")
        })
    }

    /// Why a session must not be kept, whatever its connection says.
    fn outdated(&self, session: &Session, now: Instant) -> Option<&'static str> {
        self.superseded(session)
            .or_else(|| self.retired.then_some("its binding was changed"))
            .or_else(|| (session.retire_at <= now).then_some("it grew too old"))
    }

    /// Why a session must not even be used once.
    fn superseded(&self, session: &Session) -> Option<&'static str> {
        if self.draining {
            Some("the pool is drained")
        } else {
            (session.generation != self.generation).then_some("the pool was reloaded")
        }
    }

    /// A guest wants a session: its answer is on the way, or it has a place in the queue. Else why not; None: the queue
    /// holds `limit` guests already.
    pub(crate) fn ask(
        &mut self,
        waiter: Waiter,
        limit: usize,
        now: Instant,
        effects: &mut Effects,
    ) -> Result<(), Option<PoolError>> {
        if let Some(session) = self.take_idle(&waiter.key, now, effects) {
            self.holds.add(&waiter.key.tenant);
            self.counts.reused += 1;
            self.hand(waiter, session, now, effects);
        } else if self.waiting.len() == 0 && self.coming.has_room(&waiter.key) {
            self.holds.add(&waiter.key.tenant);
            self.coming.push(waiter);
        } else if let Some(error) = self.known_failure(&waiter.key, now) {
            return Err(Some(error));
        } else if self.waiting.len() == 0 && self.make_room(effects) {
            self.holds.add(&waiter.key.tenant);
            self.granted.push_back(waiter);
        } else if self.waiting.len() < limit {
            self.counts.waits += 1;
            self.waiting.push(waiter);
        } else {
            return Err(None);
        }
        self.share_out(now, effects);
        Ok(())
    }

    /// Why a login with this key would fail, as far as is known.
    pub(crate) fn known_failure(&mut self, key: &SessionKey, now: Instant) -> Option<PoolError> {
        self.refused.retain(|(_, _, until)| *until > now);
        let down = self.down.iter().filter(|(_, until)| *until > now).map(|(error, until)| (error, *until));
        let refused =
            self.refused.iter().filter(|(of, ..)| of == key).map(|(_, error, until)| (error, *until));
        let (error, until) = down.chain(refused).next()?;
        let mut error = error.clone();
        if let PoolError::Unreachable { retry, .. } = &mut error {
            *retry = until.saturating_duration_since(now);
        }
        Some(error)
    }

    /// Gives every place that is free, or idle in vain, to whose turn it is.
    pub(crate) fn share_out(&mut self, now: Instant, effects: &mut Effects) {
        while let Some(waiter) = self.waiting.next(&self.holds) {
            let (tenant, ticket, key) = (waiter.key.tenant.clone(), waiter.ticket, waiter.key.clone());
            let session = self.take_idle(&key, now, effects);
            if session.is_none() && !self.make_room(effects) {
                break;
            }
            let Some(waiter) = self.remove_waiting(&tenant, ticket, now) else { break };
            self.holds.add(&tenant);
            match session {
                Some(session) => {
                    self.counts.reused += 1;
                    self.hand(waiter, session, now, effects);
                }
                None => self.granted.push_back(waiter),
            }
        }
        if !self.granted.is_empty() && !self.opener_runs {
            self.opener_runs = true;
            effects.start_opener = true;
        }
        self.changed = true;
    }

    fn remove_waiting(&mut self, tenant: &Tenant, ticket: u64, now: Instant) -> Option<Waiter> {
        let waiter = self.waiting.remove(tenant, ticket)?;
        self.counts.waited += now.saturating_duration_since(waiter.since);
        Some(waiter)
    }

    /// A guest gets a session; its tenant holds the place already.
    fn hand(&mut self, waiter: Waiter, session: Session, now: Instant, effects: &mut Effects) {
        self.counts.checkouts += 1;
        let slot = Arc::new(Slot::new(session, waiter.cancel, now));
        self.taken.insert(slot.id, slot.clone());
        effects.handed.push((waiter.answer, slot));
    }

    /// A session that is fit for any guest of its key, and has no place of its own any more.
    pub(crate) fn arrive(&mut self, mut session: Session, now: Instant, effects: &mut Effects) {
        let key = session.key.clone();
        if let Some(reason) = self.unfit(&mut session, now) {
            self.end(session, reason, effects);
        } else if let Some(waiter) = self.take_promised(&key) {
            self.counts.reused += 1;
            self.hand(waiter, session, now, effects);
        } else {
            self.idle.put(session);
        }
        self.promise_excess(&key, now, effects);
        self.share_out(now, effects);
    }

    /// The session of a slot was taken out of it.
    pub(crate) fn release(&mut self, slot: &Slot) {
        self.taken.remove(&slot.id);
        self.holds.subtract(&slot.tenant);
    }

    /// A guest gave its session back, in a state that a reset knows.
    pub(crate) fn reset(&mut self, mut session: Session, now: Instant, effects: &mut Effects) {
        session.last_used = now;
        match self.outdated(&session, now) {
            Some(reason) => self.end(session, reason, effects),
            None => {
                self.busy += 1;
                self.coming.begin(&session.key);
                effects.resets.push(session);
            }
        }
        self.share_out(now, effects);
    }

    /// A session without a place is destroyed.
    pub(crate) fn end(&mut self, session: Session, reason: &'static str, effects: &mut Effects) {
        *self.counts.destroyed.entry(reason).or_default() += 1;
        self.changed = true;
        effects.ended.push((session, reason));
    }

    /// The next login, if anyone is promised one; else the opener ends.
    pub(crate) fn begin_opening(&mut self) -> Option<(SessionKey, u64)> {
        let Some(waiter) = self.granted.pop_front() else {
            self.opener_runs = false;
            return None;
        };
        let opening = Opening { key: waiter.key.clone(), generation: self.generation, waiter: Some(waiter) };
        let begun = (opening.key.clone(), opening.generation);
        self.opening = Some(opening);
        Some(begun)
    }

    /// A login succeeded.
    pub(crate) fn opened(&mut self, session: Session, now: Instant, effects: &mut Effects) {
        self.counts.opened += 1;
        self.down = None;
        self.failing_since = None;
        self.facts = Some(session.facts.clone());
        let waiter = self.opening.take().and_then(|opening| opening.waiter);
        match (self.superseded(&session), waiter) {
            (Some(reason), waiter) => {
                self.end(session, reason, effects);
                if let Some(waiter) = waiter {
                    self.granted.push_front(waiter);
                }
                self.share_out(now, effects);
            }
            (None, Some(waiter)) => {
                self.hand(waiter, session, now, effects);
                self.share_out(now, effects);
            }
            (None, None) => self.arrive(session, now, effects),
        }
    }

    /// A login failed. `everyone`: it would fail for any guest, so nobody need wait.
    pub(crate) fn failed(
        &mut self,
        error: PoolError,
        everyone: bool,
        (now, until): (Instant, Instant),
        effects: &mut Effects,
    ) {
        let Some(opening) = self.opening.take() else { return };
        self.failing_since.get_or_insert(now);
        let concerned = |waiter: &Waiter| everyone || waiter.key == opening.key;
        let (refused, kept) = self.granted.drain(..).partition::<Vec<_>, _>(|waiter| concerned(waiter));
        self.granted = kept.into();
        for waiter in opening.waiter.into_iter().chain(refused) {
            self.holds.subtract(&waiter.key.tenant);
            self.refuse(waiter, error.clone(), effects);
        }
        for waiter in self.waiting.remove_all(concerned) {
            self.counts.waited += now.saturating_duration_since(waiter.since);
            self.refuse(waiter, error.clone(), effects);
        }
        if everyone {
            self.down = Some((error, until));
        } else {
            self.refused.retain(|(key, _, until)| *key != opening.key && *until > now);
            if self.refused.len() < MAX_REFUSED_KEYS {
                self.refused.push((opening.key, error, until));
            }
        }
        self.share_out(now, effects);
    }

    pub(crate) fn refuse(&mut self, waiter: Waiter, error: PoolError, effects: &mut Effects) {
        self.counts.failed += 1;
        effects.refused.push((waiter.answer, error));
    }

    /// A guest does not wait any longer.
    pub(crate) fn leave(
        &mut self,
        key: &SessionKey,
        ticket: u64,
        gone: bool,
        now: Instant,
        effects: &mut Effects,
    ) -> Left {
        if self.remove_waiting(&key.tenant, ticket, now).is_some() {
            return Left::Queue;
        }
        if let Some(waiter) = self.coming.remove(key, ticket) {
            let left = if gone || !self.make_room(effects) {
                self.holds.subtract(&key.tenant);
                Left::Queue
            } else {
                self.promise(waiter, now, effects);
                Left::Coming
            };
            self.share_out(now, effects);
            return left;
        }
        if let Some(place) = self.granted.iter().position(|waiter| waiter.ticket == ticket) {
            if !gone && std::mem::take(&mut self.granted[place].disappointed) {
                return Left::Coming;
            }
            self.granted.remove(place);
            self.holds.subtract(&key.tenant);
            self.share_out(now, effects);
            return Left::Granted;
        }
        match &mut self.opening {
            Some(opening) if opening.waiter.as_ref().is_some_and(|waiter| waiter.ticket == ticket) => {
                if gone {
                    opening.waiter = None;
                    self.holds.subtract(&key.tenant);
                    self.share_out(now, effects);
                }
                Left::Opening
            }
            _ => Left::Answered,
        }
    }

    /// No guest gets a session any more; nobody waits, nothing is idle.
    pub(crate) fn drain(&mut self, error: &PoolError, now: Instant, effects: &mut Effects) {
        self.draining = true;
        let opening = self.opening.as_mut().and_then(|opening| opening.waiter.take());
        let promised = opening.into_iter().chain(std::mem::take(&mut self.granted));
        for waiter in promised.chain(self.coming.remove_all()) {
            self.holds.subtract(&waiter.key.tenant);
            self.refuse(waiter, error.clone(), effects);
        }
        for waiter in self.waiting.remove_all(|_| true) {
            self.counts.waited += now.saturating_duration_since(waiter.since);
            self.refuse(waiter, error.clone(), effects);
        }
        for session in self.idle.take_all(|_| true) {
            self.end(session, "the pool is drained", effects);
        }
        self.changed = true;
    }

    /// What was logged in before this moment is not used again.
    pub(crate) fn reload(&mut self, now: Instant, effects: &mut Effects) {
        self.generation += 1;
        self.down = None;
        self.failing_since = None;
        self.refused.clear();
        self.facts = None;
        for session in self.idle.take_all(|_| true) {
            self.end(session, "the pool was reloaded", effects);
        }
        self.share_out(now, effects);
    }

    /// Another pool has taken this one's place: who is in goes on, and no session outlives its guest.
    pub(crate) fn retire(&mut self, effects: &mut Effects) {
        self.retired = true;
        for session in self.idle.take_all(|_| true) {
            self.end(session, "its binding was changed", effects);
        }
    }

    /// A number that no checkout has, and a secret.
    pub(crate) fn cancel_key(&mut self, is_used: impl Fn(u32) -> bool) -> CancelKey {
        loop {
            self.numbers = self.numbers % (i32::MAX as u32) + 1;
            if !is_used(self.numbers) {
                return CancelKey { number: self.numbers, secret: self.random.u32(..) };
            }
        }
    }
}

/// Where a guest was that does not wait any longer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// In the queue.
    Queue,
    /// Promised a session that is being reset, or was: if it goes on waiting, a new one is opened for it.
    Coming,
    /// Promised a session whose login had not begun.
    Granted,
    /// Its session is being logged in.
    Opening,
    /// In none of these: it has its answer, or gets it in a moment.
    Answered,
}
