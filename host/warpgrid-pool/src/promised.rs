//! Guests that were promised a session: who gets the one that arrives, and for whom a new one is opened; knows no queue.
//!
//! There are three promises: a login runs for the guest, it has a place and its login comes, or it waits for a session that
//! is being reset. Whichever session of the right key arrives first goes to the guest that came first, and who waited for
//! just that one takes over what the other was promised.

use crate::key::SessionKey;
use crate::session::Session;
use crate::state::{Effects, State};
use crate::waiting::Waiter;
use tokio::time::Instant;

/// What the pool itself does with a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Making it as if nobody had used it.
    Reset,
    /// Asking whether it lives.
    Check,
}

impl State {
    /// The first guest that was promised a session of this key, in whatever way.
    pub(crate) fn take_promised(&mut self, key: &SessionKey) -> Option<Waiter> {
        let opening = self.opening.as_mut().filter(|opening| opening.key == *key);
        let granted = self.granted.iter().position(|waiter| waiter.key == *key);
        let tickets = [
            opening.as_ref().and_then(|opening| Some(opening.waiter.as_ref()?.ticket)),
            granted.map(|place| self.granted[place].ticket),
            self.coming.first(key),
        ];
        let first = tickets.iter().flatten().min().copied();
        if first.is_none() || first == tickets[2] {
            self.coming.remove(key, first?)
        } else if first == tickets[1] {
            self.granted.remove(granted?)
        } else {
            opening?.waiter.take()
        }
    }

    /// Who waits for a session that does not come any more has a new one opened, in the place of that one or of the login
    /// whose guest was served meanwhile.
    pub(crate) fn promise_excess(&mut self, key: &SessionKey, now: Instant, effects: &mut Effects) {
        while let Some(mut waiter) = self.coming.take_excess(key) {
            waiter.disappointed = true;
            self.promise(waiter, now, effects);
        }
    }

    /// A guest for which there is a place, and whose tenant holds it already, has a new session opened.
    pub(crate) fn promise(&mut self, waiter: Waiter, now: Instant, effects: &mut Effects) {
        if let Some(error) = self.known_failure(&waiter.key, now) {
            self.holds.subtract(&waiter.key.tenant);
            self.refuse(waiter, error, effects);
            return;
        }
        if let Some(opening) = &mut self.opening
            && opening.key == waiter.key
            && opening.waiter.is_none()
        {
            opening.waiter = Some(waiter);
            return;
        }
        let place = self.granted.iter().position(|other| other.ticket > waiter.ticket);
        self.granted.insert(place.unwrap_or(self.granted.len()), waiter);
    }

    /// What the pool itself did with a session is done: a reset, or a check. `result`: it is as good as new, or why not.
    pub(crate) fn worked_on(
        &mut self,
        mut session: Session,
        work: Work,
        result: Result<(), &'static str>,
        now: Instant,
        effects: &mut Effects,
    ) {
        self.busy -= 1;
        if work == Work::Reset {
            self.coming.end(&session.key);
        }
        match result {
            Ok(()) => {
                self.counts.reset += u64::from(work == Work::Reset);
                session.last_checked = now;
                self.arrive(session, now, effects);
            }
            Err(reason) => {
                let key = session.key.clone();
                self.end(session, reason, effects);
                self.promise_excess(&key, now, effects);
                self.share_out(now, effects);
            }
        }
    }
}
