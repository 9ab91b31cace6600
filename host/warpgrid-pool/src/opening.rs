//! Logging sessions in, one at a time a pool; knows not for whom.
//!
//! One at a time: a server that comes back is not met by everyone at once, and a guest that is first in line profits from
//! every session that is given back meanwhile. A task of the pool does it, not the guest: one that goes does not spoil a
//! login that the next guest can use.

use crate::cancel::TenantSessions;
use crate::error::PoolError;
use crate::inner::{Inner, later};
use crate::key::{SessionKey, StartupSet};
use crate::protocol::LoginRequest;
use crate::session::Session;
use std::sync::Arc;
use tokio::time::{Instant, timeout};

/// The right to log sessions in. Dropped in the middle of a login (the runtime ends, a login panics): the guests get an
/// error instead of waiting for nothing.
pub(crate) struct Opener {
    inner: Arc<Inner>,
    done: bool,
}

/// A login that failed, and whether it would fail for any guest.
struct Failure {
    error: PoolError,
    everyone: bool,
}

impl Opener {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        Self { inner, done: false }
    }
}

impl Drop for Opener {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let endpoint = self.inner.endpoint.name.clone();
        let error = PoolError::Closed { endpoint, reason: "logging in was given up" };
        let now = Instant::now();
        self.inner.change(|state, effects| {
            if state.opening.is_none() {
                state.begin_opening();
            }
            state.failed(error, true, (now, now), effects);
            state.opener_runs = false;
            state.down = None;
        });
    }
}

/// Logs in as long as anyone is promised a session.
pub(crate) async fn run(mut opener: Opener) {
    let inner = opener.inner.clone();
    loop {
        let begun = inner.change(|state, _| state.begin_opening());
        let Some((key, generation)) = begun else {
            opener.done = true;
            return;
        };
        let limit = inner.endpoint.options.connect;
        let opened = tokio::select! {
            biased;
            () = inner.closing.cancelled() => Err(Failure { error: inner.drained(), everyone: true }),
            opened = timeout(limit, open(&inner, key, generation)) => opened.unwrap_or_else(|_| {
                let reason = format!("connecting and logging in took longer than {limit:?}");
                Err(Failure { error: inner.unreachable(reason), everyone: true })
            }),
        };
        let now = Instant::now();
        match opened {
            Ok(session) => {
                tracing::debug!(endpoint = inner.endpoint.name, session = session.id, "session opened");
                inner.change(|state, effects| state.opened(session, now, effects));
            }
            Err(Failure { error, everyone }) => {
                tracing::warn!(endpoint = inner.endpoint.name, %error, "no session could be opened");
                let until = later(now, inner.endpoint.options.retry);
                inner.change(|state, effects| state.failed(error, everyone, (now, until), effects));
            }
        }
    }
}

async fn open(inner: &Arc<Inner>, key: SessionKey, generation: u64) -> Result<Session, Failure> {
    let endpoint = &inner.endpoint;
    let stream = inner.connector.connect(&endpoint.server).await;
    let stream =
        stream.map_err(|error| Failure { error: inner.unreachable(error.to_string()), everyone: true })?;
    let login = inner.wire.login(stream, LoginRequest { endpoint, startup: &key.startup }).await;
    let logged_in = login.map_err(|error| {
        let error = error.without(endpoint.password.as_ref());
        Failure { everyone: concerns_everyone(&error, &key.startup), error }
    })?;
    let lookup = TenantSessions { inner: Arc::downgrade(inner), tenant: key.tenant.clone() };
    let tracker = inner.wire.tracker(&logged_in.facts, Arc::new(lookup));
    let now = Instant::now();
    let lifetime = endpoint.options.lifetime;
    let shorter = lifetime.mul_f64(inner.state().random.f64() / 10.0);
    Ok(Session {
        id: inner.next_session_id(),
        key,
        stream: logged_in.stream,
        facts: Arc::new(logged_in.facts),
        tracker,
        retire_at: later(now, lifetime - shorter),
        last_used: now,
        last_checked: now,
        generation,
    })
}

/// Whether a failed login is the server's matter. A guest that asks for an unknown database or a parameter that the server
/// refuses fails alone: it must not keep others from their sessions.
fn concerns_everyone(error: &PoolError, startup: &StartupSet) -> bool {
    matches!(error, PoolError::Tls { .. }) || *startup == StartupSet::default()
}
