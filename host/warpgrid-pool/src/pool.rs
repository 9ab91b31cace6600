//! The face of the pools: one pool an endpoint, sessions by tenant; knows no guest's bytes.

use crate::drain;
use crate::endpoint::{Endpoint, Protocol, Tenant};
use crate::error::PoolError;
use crate::guard::Guard;
use crate::guest::{GuestStream, GuestTls};
use crate::inner::Inner;
use crate::key::{SessionKey, StartupSet};
use crate::net::{Connector, ServerAddress, TlsClient};
use crate::protocol::{CancelKey, ServerFacts, WireProtocol, wire_protocol};
use crate::state::Left;
use crate::stats::{DrainReport, PoolStats};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// All pools of a process. Endpoints that are the same server, database, user, credential and encryption share a pool; its
/// options are those of the first of them, while each keeps its name and what it asks of its guests. Must live inside a
/// tokio runtime: it starts tasks for what happens in the background.
pub struct ConnectionPoolManager {
    connector: Arc<dyn Connector>,
    wire: fn(Protocol) -> &'static dyn WireProtocol,
    seed: u64,
    /// Makes the fingerprints of credentials worthless outside the process.
    salt: [u8; 16],
    session_ids: Arc<AtomicU64>,
    draining: AtomicBool,
    pools: Mutex<Vec<(Identity, Arc<Inner>)>>,
    /// Pools that others have taken the place of, as long as a guest has one.
    retired: Mutex<Vec<Weak<Inner>>>,
}

/// The sessions of one endpoint.
pub struct Pool {
    endpoint: Endpoint,
    inner: Arc<Inner>,
}

/// What makes two endpoints the same to a server.
#[derive(PartialEq)]
struct Identity {
    protocol: Protocol,
    server: ServerAddress,
    database: Option<String>,
    user: Option<String>,
    credential: Option<[u8; 32]>,
    tls: Option<TlsClient>,
}

impl ConnectionPoolManager {
    /// No pools yet. `seed` drives what is left to chance (lifetimes, keys shown to guests in simulations).
    pub fn new(connector: Arc<dyn Connector>, seed: u64) -> Arc<Self> {
        Self::with_wire(connector, seed, wire_protocol)
    }

    /// The same with other wire protocols than those of the list.
    pub(crate) fn with_wire(
        connector: Arc<dyn Connector>,
        seed: u64,
        wire: fn(Protocol) -> &'static dyn WireProtocol,
    ) -> Arc<Self> {
        let mut salt = [0; 16];
        // Without random bytes of the system the fingerprints still tell credentials apart, and they leave no memory.
        let _ = getrandom::fill(&mut salt);
        let pools = Mutex::default();
        let draining = AtomicBool::new(false);
        let (session_ids, retired) = (Arc::default(), Mutex::default());
        Arc::new(Self { connector, wire, seed, salt, session_ids, draining, pools, retired })
    }

    fn pools(&self) -> MutexGuard<'_, Vec<(Identity, Arc<Inner>)>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all(&self) -> Vec<Arc<Inner>> {
        self.pools().iter().map(|(_, inner)| inner.clone()).collect()
    }

    fn identity(&self, endpoint: &Endpoint) -> Identity {
        Identity {
            protocol: endpoint.protocol,
            server: endpoint.server.clone(),
            database: endpoint.database.clone(),
            user: endpoint.user.clone(),
            credential: endpoint.password.as_ref().map(|password| password.fingerprint(&self.salt)),
            tls: endpoint.tls.clone(),
        }
    }

    /// The pool of an endpoint, made at first use. It opens no session by itself.
    pub fn pool(self: &Arc<Self>, endpoint: Endpoint) -> Arc<Pool> {
        let identity = self.identity(&endpoint);
        let mut pools = self.pools();
        if let Some((_, inner)) = pools.iter().find(|(known, _)| *known == identity) {
            return Arc::new(Pool { endpoint, inner: inner.clone() });
        }
        let wire = (self.wire)(endpoint.protocol);
        let seed = self.seed.wrapping_add(pools.len() as u64);
        let (connector, ids) = (self.connector.clone(), self.session_ids.clone());
        let inner = Arc::new(Inner::new(endpoint.clone(), wire, connector, ids, seed));
        pools.push((identity, inner.clone()));
        drop(pools);
        if self.draining.load(Ordering::SeqCst) {
            inner.begin_drain();
        }
        Arc::new(Pool { endpoint, inner })
    }

    /// From now on there are the pools of these endpoints and no others; gives them in the same order. A pool whose server,
    /// credentials, encryption, name and options are as before keeps its sessions. Of the others idle sessions are
    /// destroyed at once and those in use when their guests go; until then a changed pool may have more sessions than its
    /// options allow, those of before beside the new ones.
    pub fn replace(self: &Arc<Self>, endpoints: Vec<Endpoint>) -> Vec<Arc<Pool>> {
        let wished: Vec<_> = endpoints.iter().map(|endpoint| (self.identity(endpoint), endpoint)).collect();
        let mut gone = Vec::new();
        self.pools().retain(|(identity, inner)| {
            // The first of several has the say, as in `pool`.
            let first = wished.iter().find(|(wished, _)| wished == identity);
            let stays = first.is_some_and(|(_, endpoint)| {
                endpoint.options == inner.endpoint.options && endpoint.name == inner.endpoint.name
            });
            if !stays {
                gone.push(Arc::clone(inner));
            }
            stays
        });
        drop(wished);
        for inner in &gone {
            inner.change(|state, effects| state.retire(effects));
        }
        let mut retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        retired.retain(|inner| inner.strong_count() > 0);
        retired.extend(gone.iter().map(Arc::downgrade));
        drop(retired);
        endpoints.into_iter().map(|endpoint| self.pool(endpoint)).collect()
    }

    fn retired(&self) -> Vec<Arc<Inner>> {
        let retired = self.retired.lock().unwrap_or_else(PoisonError::into_inner);
        retired.iter().filter_map(Weak::upgrade).collect()
    }

    /// Sessions that guests still have of pools which [`ConnectionPoolManager::replace`] took out of use.
    pub fn retired_sessions(&self) -> usize {
        self.retired().iter().map(|inner| inner.state().taken.len()).sum()
    }

    /// What to count, pool by pool, in the order of their names.
    pub fn stats(&self) -> Vec<PoolStats> {
        let mut stats = self.all().iter().map(|inner| inner.snapshot(&inner.state())).collect::<Vec<_>>();
        stats.sort_by(|one, other| one.endpoint.cmp(&other.endpoint));
        stats
    }

    /// Gives no new sessions, lets those in use go on until their guests have their answers and no transaction is open,
    /// at most for `timeout`, and then closes everything. The report lists what was cut. The server is asked to stop
    /// what it still did for those; that is waited for too, at most a second.
    pub async fn drain(&self, timeout: Duration) -> DrainReport {
        self.draining.store(true, Ordering::SeqCst);
        let deadline = crate::inner::later(Instant::now(), timeout);
        let mut pools = self.all();
        pools.extend(self.retired());
        let reports =
            futures::future::join_all(pools.iter().map(|inner| drain::drain(inner, deadline))).await;
        let mut whole = DrainReport::default();
        for report in reports {
            whole.finished += report.finished;
            whole.cut.extend(report.cut);
        }
        whole.cut.sort();
        whole
    }

    /// Destroys every idle session, and those in use when they are given back, so that the next guests get new ones
    /// (after a change of the server or of the credentials).
    pub fn reload(&self) {
        for inner in self.all() {
            inner.change(|state, effects| state.reload(Instant::now(), effects));
        }
    }
}

impl Pool {
    /// The endpoint.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A guest's end of a session. Nothing is taken out of the pool before the guest has said who it is, except that a
    /// server that speaks first is asked once for what it says.
    pub fn connect(self: &Arc<Self>, tenant: &Tenant) -> GuestStream {
        GuestStream::new(Arc::clone(self), tenant, GuestTls::Unavailable)
    }

    /// Whether a guest would get a session, as far as that is known without taking one: the first to ask logs in once.
    ///
    /// # Errors
    /// [`PoolError`]: the pool is being drained, or that login failed.
    pub async fn available(self: &Arc<Self>, tenant: &Tenant) -> Result<(), PoolError> {
        if self.inner.state().draining {
            return Err(self.inner.drained());
        }
        self.facts(tenant).await.map(drop)
    }

    /// What to count.
    pub fn stats(&self) -> PoolStats {
        self.inner.snapshot(&self.inner.state())
    }

    /// The wire protocol.
    pub(crate) fn wire(&self) -> &'static dyn WireProtocol {
        self.inner.wire
    }

    /// Takes a session: an idle one of the same key, else one that is just being reset, else a new one if there is room,
    /// else waits in line. Dropping the future at any moment loses nothing: a session that was on its way goes to the next.
    pub(crate) async fn checkout(
        self: &Arc<Self>,
        tenant: &Tenant,
        startup: StartupSet,
        cancel: CancelKey,
    ) -> Result<Guard, PoolError> {
        let begun = Instant::now();
        let key = SessionKey { tenant: tenant.clone(), startup };
        let (ticket, mut answer) = self.inner.ask(&key, cancel)?;
        let mut asked = Asked { inner: &self.inner, key, ticket, open: true };
        let limit = self.endpoint.options.wait;
        let answered = loop {
            tokio::select! {
                biased;
                answered = &mut answer => break answered,
                () = sleep(limit) => match asked.leave(false) {
                    Left::Queue => return Err(self.exhausted(begun.elapsed())),
                    Left::Granted => {
                        let reason = format!("the logins of other sessions took longer than {limit:?}");
                        return Err(self.inner.unreachable(reason));
                    }
                    // The session that it waited for is still being reset: from now on it waits for a new one.
                    Left::Coming => {}
                    // The time of a login has a limit of its own.
                    Left::Opening | Left::Answered => break answer.await,
                },
            }
        };
        asked.open = false;
        answered.unwrap_or_else(|_| {
            let endpoint = self.endpoint.name.clone();
            Err(PoolError::Closed { endpoint, reason: "the pool ended" })
        })
    }

    fn exhausted(&self, waited: Duration) -> PoolError {
        let size = self.inner.endpoint.options.size;
        PoolError::Exhausted { endpoint: self.endpoint.name.clone(), size, waited }
    }

    /// What a server said of itself at some login; logs in once if nobody did yet.
    pub(crate) async fn facts(self: &Arc<Self>, tenant: &Tenant) -> Result<Arc<ServerFacts>, PoolError> {
        let known = || self.inner.state().facts.clone();
        if let Some(facts) = known() {
            return Ok(facts);
        }
        let limit = self.endpoint.options.wait;
        let Ok(_asking) = timeout(limit, self.inner.asking.lock()).await else {
            return Err(self.inner.unreachable(format!("its first login took longer than {limit:?}")));
        };
        if let Some(facts) = known() {
            return Ok(facts);
        }
        let guard = self.checkout(tenant, StartupSet::default(), self.cancel_key()).await?;
        Ok(guard.facts().clone())
    }

    /// A key that no other checkout of any tenant has.
    pub(crate) fn cancel_key(&self) -> CancelKey {
        self.inner.cancel_key()
    }

    /// Stops what the session behind the key does, if a guest of the same tenant has it now; else nothing happens. Goes
    /// on when the future is dropped: who cancels does not always wait.
    pub(crate) async fn cancel(&self, tenant: &Tenant, key: CancelKey) -> Result<(), PoolError> {
        let Some(slot) = self.inner.cancels.mark(tenant, key.number, Some(key.secret)) else { return Ok(()) };
        if slot.cancelling.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let inner = self.inner.clone();
        let request = tokio::spawn(async move {
            let limit = inner.endpoint.options.connect;
            let request = inner.wire.cancel(&*inner.connector, &inner.endpoint, &slot.facts);
            let sent = timeout(limit, request).await;
            slot.cancelling.store(false, Ordering::Release);
            sent.unwrap_or_else(|_| {
                Err(inner.unreachable(format!("a request to cancel took longer than {limit:?}")))
            })
        });
        request.await.unwrap_or_else(|_| {
            let endpoint = self.endpoint.name.clone();
            Err(PoolError::Closed { endpoint, reason: "a request to cancel was given up" })
        })
    }
}

/// A guest's place in line. Dropped: it does not wait any longer.
struct Asked<'a> {
    inner: &'a Arc<Inner>,
    key: SessionKey,
    ticket: u64,
    open: bool,
}

impl Asked<'_> {
    /// `gone`: also out of the login that runs for it.
    fn leave(&mut self, gone: bool) -> Left {
        let now = Instant::now();
        let left =
            self.inner.change(|state, effects| state.leave(&self.key, self.ticket, gone, now, effects));
        self.open = matches!(left, Left::Coming | Left::Opening | Left::Answered);
        if !self.open && !gone {
            self.inner.state().counts.failed += 1;
        }
        left
    }
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        if self.open {
            self.leave(true);
        }
    }
}

#[cfg(test)]
impl Pool {
    /// When the monitor looks next.
    pub(crate) fn monitor_wakes(&self) -> Option<Instant> {
        self.inner.state().monitor_wakes
    }

    /// The next number of a cancel key is this one, if it is free.
    pub(crate) fn set_next_number(&self, number: u32) {
        self.inner.state().numbers = number - 1;
    }
}
