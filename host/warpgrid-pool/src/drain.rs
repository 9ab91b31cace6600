//! Closing a pool without cutting answers off; starts no new work.

use crate::error::Loss;
use crate::guard::Slot;
use crate::inner::Inner;
use crate::session::Session;
use crate::stats::DrainReport;
use std::sync::Arc;
use tokio::time::{Duration, Instant, timeout_at};

/// How often a drain looks by itself, beside being told: a guest's state can change without a byte.
const LOOK: Duration = Duration::from_millis(100);

/// Lets the sessions of a pool end, until `deadline`.
pub(crate) async fn drain(inner: &Arc<Inner>, deadline: Instant) -> DrainReport {
    inner.begin_drain();
    let started = inner.state().taken.len();
    loop {
        end(inner, false);
        if inner.state().places() == 0 {
            inner.abandoned.rest().await;
            return DrainReport { finished: started, cut: Vec::new() };
        }
        let now = Instant::now();
        if now >= deadline {
            break;
        }
        let _ = timeout_at(deadline.min(now + LOOK), inner.ending.notified()).await;
    }
    let mut cut = Vec::new();
    for (slot, state) in end(inner, true) {
        cut.push(format!(
            "{}: tenant {}, session {}, {state}",
            inner.endpoint.name,
            slot.tenant.name(),
            slot.id
        ));
    }
    inner.abandoned.rest().await;
    DrainReport { finished: started.saturating_sub(cut.len()), cut }
}

const AT_REST: &str = "at rest";

/// What keeps a session from ending.
fn state(session: &Session) -> &'static str {
    if session.tracker.in_guest_frame() {
        "a frame half sent"
    } else if session.tracker.is_busy() {
        "an answer outstanding"
    } else if session.tracker.in_transaction() {
        "a transaction open"
    } else {
        AT_REST
    }
}

/// Takes the sessions that are at rest away from their guests, or all of them; with the state each was in.
fn end(inner: &Arc<Inner>, all: bool) -> Vec<(Arc<Slot>, &'static str)> {
    let slots = inner.state().taken.values().cloned().collect::<Vec<_>>();
    let (mut ended, mut taken) = (Vec::new(), Vec::new());
    for slot in slots {
        let mut found = AT_REST;
        let session = slot.take_if(|session| {
            found = state(session);
            (all || found == AT_REST).then_some(Loss::Drained)
        });
        if let Some((session, loss)) = session {
            ended.push((slot.clone(), found));
            taken.push((slot, session, loss));
        }
    }
    inner.take_away(taken);
    ended
}
