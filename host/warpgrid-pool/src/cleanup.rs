//! What becomes of a session after its guest: reset and kept, or closed; knows no queue.

use crate::abandoned;
use crate::inner::Inner;
use crate::promised::Work;
use crate::protocol::LoginRequest;
use crate::session::Session;
use std::sync::Arc;
use tokio::time::{Instant, timeout};

/// A session that the pool itself works on. Dropped before the work is done (the runtime ends, the work panics): the
/// session is destroyed and its place is free.
pub(crate) struct Busy {
    inner: Arc<Inner>,
    session: Option<Session>,
    work: Work,
}

impl Busy {
    /// `session` must have been counted as busy.
    pub(crate) fn new(inner: Arc<Inner>, session: Session, work: Work) -> Self {
        Self { inner, session: Some(session), work }
    }

    /// The pool and the session to work on.
    pub(crate) fn parts(&mut self) -> Option<(&Arc<Inner>, &mut Session)> {
        Some((&self.inner, self.session.as_mut()?))
    }

    /// The work is done: the session is as good as new, or is destroyed for this reason.
    pub(crate) fn finish(mut self, result: Result<(), &'static str>) {
        self.settle(result);
    }

    fn settle(&mut self, result: Result<(), &'static str>) {
        let Some(session) = self.session.take() else { return };
        let now = Instant::now();
        self.inner.change(|state, effects| state.worked_on(session, self.work, result, now, effects));
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.settle(Err("its cleanup was given up"));
    }
}

/// Makes a session as if nobody had used it.
pub(crate) async fn reset(mut busy: Busy) {
    let Some((inner, session)) = busy.parts() else { return };
    let (inner, id) = (inner.clone(), session.id);
    let Session { stream, tracker, key, .. } = session;
    let request = LoginRequest { endpoint: &inner.endpoint, startup: &key.startup };
    let reset = tokio::select! {
        biased;
        () = inner.closing.cancelled() => Err("the pool is drained"),
        reset = timeout(inner.endpoint.options.reset, inner.wire.reset(stream, tracker.as_mut(), request)) => match reset {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(endpoint = inner.endpoint.name, session = id, %error, "a session could not be reset");
                Err("its reset failed")
            }
            Err(_) => Err("its reset took too long"),
        },
    };
    busy.finish(reset);
}

/// Closes a session that has no place any more, and then has the server stop what it may still do for it.
pub(crate) fn close(inner: &Arc<Inner>, mut session: Session, reason: &'static str) {
    tracing::debug!(endpoint = inner.endpoint.name, session = session.id, reason, "session destroyed");
    // In the middle of a frame a goodbye would be read as part of it.
    let goodbye = if session.tracker.is_busy() { Default::default() } else { inner.wire.goodbye() };
    let (id, facts) = (session.id, session.facts.clone());
    let works = session.tracker.has_work_to_stop() && !session.has_ended();
    session.close(&goodbye);
    if works {
        abandoned::stop(inner, id, facts);
    }
}
