//! The sessions that nobody has; knows no queue.

use crate::key::SessionKey;
use crate::session::Session;
use std::collections::BTreeMap;
use tokio::time::Instant;

/// Idle sessions by key, in each the one used last at the end: it is given out first, so that the others grow old.
#[derive(Default)]
pub(crate) struct Idle {
    sessions: BTreeMap<SessionKey, Vec<Session>>,
    count: usize,
}

impl Idle {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Takes in a session, which keeps its age: a check does not make it young.
    pub(crate) fn put(&mut self, session: Session) {
        let line = self.sessions.entry(session.key.clone()).or_default();
        let place = line.partition_point(|other| other.last_used <= session.last_used);
        line.insert(place, session);
        self.count += 1;
    }

    /// The session of this key that was used last.
    pub(crate) fn take(&mut self, key: &SessionKey) -> Option<Session> {
        let line = self.sessions.get_mut(key)?;
        let session = line.pop()?;
        if line.is_empty() {
            self.sessions.remove(key);
        }
        self.count -= 1;
        Some(session)
    }

    /// The session of any key that nobody used for longest.
    pub(crate) fn take_oldest(&mut self) -> Option<Session> {
        let oldest = |line: &&Vec<Session>| line.first().map(|session| (session.last_used, session.id));
        let key = self.sessions.values().min_by_key(oldest)?.first()?.key.clone();
        let line = self.sessions.get_mut(&key)?;
        let session = line.remove(0);
        if line.is_empty() {
            self.sessions.remove(&key);
        }
        self.count -= 1;
        Some(session)
    }

    /// Takes out every session that `wanted` names.
    pub(crate) fn take_all(&mut self, mut wanted: impl FnMut(&Session) -> bool) -> Vec<Session> {
        let mut taken = Vec::new();
        self.sessions.retain(|_, line| {
            taken.extend(line.extract_if(.., |session| wanted(session)));
            !line.is_empty()
        });
        self.count -= taken.len();
        taken
    }

    /// The earliest of the moments that `moment` names.
    pub(crate) fn earliest(&self, moment: impl Fn(&Session) -> Instant) -> Option<Instant> {
        self.sessions.values().flatten().map(moment).min()
    }
}
