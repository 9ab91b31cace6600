//! Sessions that are being reset, and the guests that wait for just them; knows no place and no server.
//!
//! A guest that connects again right after it left finds its session on the way back. To log in once more would cost it
//! more time and the server a second session, so it waits: at most one guest for each session that is coming.

use crate::key::SessionKey;
use crate::waiting::Waiter;
use std::collections::BTreeMap;

/// What is coming, by key.
#[derive(Default)]
pub(crate) struct Coming(BTreeMap<SessionKey, Line>);

#[derive(Default)]
struct Line {
    sessions: usize,
    guests: BTreeMap<u64, Waiter>,
}

impl Coming {
    /// A session of this key is being reset.
    pub(crate) fn begin(&mut self, key: &SessionKey) {
        self.0.entry(key.clone()).or_default().sessions += 1;
    }

    /// That reset has ended, in whatever way. More guests may wait now than sessions are coming: see [`Coming::take_excess`].
    pub(crate) fn end(&mut self, key: &SessionKey) {
        if let Some(line) = self.0.get_mut(key) {
            line.sessions = line.sessions.saturating_sub(1);
        }
        self.forget_if_empty(key);
    }

    fn forget_if_empty(&mut self, key: &SessionKey) {
        if self.0.get(key).is_some_and(|line| line.sessions == 0 && line.guests.is_empty()) {
            self.0.remove(key);
        }
    }

    /// Whether a session of this key is coming that nobody waits for yet.
    pub(crate) fn has_room(&self, key: &SessionKey) -> bool {
        self.0.get(key).is_some_and(|line| line.guests.len() < line.sessions)
    }

    pub(crate) fn push(&mut self, waiter: Waiter) {
        self.0.entry(waiter.key.clone()).or_default().guests.insert(waiter.ticket, waiter);
    }

    /// The guest that came first.
    pub(crate) fn first(&self, key: &SessionKey) -> Option<u64> {
        self.0.get(key)?.guests.first_key_value().map(|(ticket, _)| *ticket)
    }

    pub(crate) fn remove(&mut self, key: &SessionKey, ticket: u64) -> Option<Waiter> {
        let waiter = self.0.get_mut(key)?.guests.remove(&ticket)?;
        self.forget_if_empty(key);
        Some(waiter)
    }

    /// The guest that came first, if more wait than sessions are coming.
    pub(crate) fn take_excess(&mut self, key: &SessionKey) -> Option<Waiter> {
        let line = self.0.get_mut(key)?;
        let (_, waiter) =
            if line.guests.len() > line.sessions { line.guests.pop_first()? } else { return None };
        self.forget_if_empty(key);
        Some(waiter)
    }

    /// All guests, in the order of their coming.
    pub(crate) fn remove_all(&mut self) -> Vec<Waiter> {
        let lines = self.0.values_mut().map(|line| std::mem::take(&mut line.guests));
        let mut removed = lines.flat_map(BTreeMap::into_values).collect::<Vec<_>>();
        self.0.retain(|_, line| line.sessions > 0);
        removed.sort_by_key(|waiter| waiter.ticket);
        removed
    }
}
