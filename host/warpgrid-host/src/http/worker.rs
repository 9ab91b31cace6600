//! The instances of a service: made, reused, bounded in time and released; knows no connection.
//!
//! Upstream's `ProxyHandler` drives them: it asks [`InstanceSource`] for an instance when none is free,
//! [`ServingInstance`] whether one takes another request, and [`InstanceLife`] whether one is over. The time
//! for a request is kept in two places, as upstream advises: the future of `on_request_start` ends one
//! request, and `InstanceLife`, which is polled outside the instance's event loop, ends the whole instance
//! when a blocking host call or a guest that never waits keeps that loop from running.

use super::config::HttpConfig;
use super::current::{CurrentRequests, RequestId};
use super::in_flight::RequestInfo;
use super::log_stream::LogStream;
use super::log_stream::shown;
use super::service::OptionsTemplate;
use crate::application::{Application, GuestPre};
use crate::instance::{InstanceFacts, InstanceState, Outcome, RunError, Stdio, ended_in};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use wasmtime::component::GuestTaskId;
use wasmtime::{Store, StoreContextMut};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, ProxyPre, ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus,
};

/// All instances that may exist do: the request waits and tries again.
#[derive(Debug, thiserror::Error)]
#[error("all {0} instances are busy")]
pub(crate) struct AllBusy(usize);

/// An instance did not come into being within the time for one request.
#[derive(Debug, thiserror::Error)]
#[error("the guest did not start within {0:?}")]
pub(crate) struct StartTimeout(Duration);

/// What a request carries to the instance that answers it.
pub(crate) struct Work {
    pub(crate) info: Arc<RequestInfo>,
    pub(crate) hops: u32,
    /// The place that the request holds until its instance is done with it.
    pub(crate) permit: OwnedSemaphorePermit,
}

/// Makes instances.
pub(crate) struct InstanceSource {
    pub(crate) application: Arc<Application>,
    pub(crate) options: OptionsTemplate,
    pub(crate) config: Arc<HttpConfig>,
    /// One permit for each instance that may exist.
    pub(crate) instances: Arc<Semaphore>,
    /// Told whenever an instance may have become free.
    pub(crate) freed: Arc<Notify>,
    /// Ends every instance.
    pub(crate) stop: CancellationToken,
}

/// Requests that one instance of this guest answers at the same time.
pub(crate) fn concurrency(guest: &GuestPre, config: &HttpConfig) -> usize {
    match guest {
        GuestPre::HttpP3(_) => config.concurrent_requests.unwrap_or(16).max(1),
        _ => 1,
    }
}

/// The entry of a guest that serves HTTP.
fn entry(guest: &GuestPre) -> Option<ProxyPre<InstanceState>> {
    match guest {
        GuestPre::HttpP2(pre) => Some(ProxyPre::P2(pre.clone())),
        GuestPre::HttpP3(pre) => Some(ProxyPre::P3(pre.clone())),
        GuestPre::CommandP2(_) | GuestPre::CommandP3(_) => None,
    }
}

impl HandlerState for InstanceSource {
    type StoreData = InstanceState;
    type WorkerExpiration = InstanceLife;
    type WorkerState = ServingInstance;

    async fn instantiate(&self) -> wasmtime::Result<Instance<InstanceState, InstanceLife, ServingInstance>> {
        let Ok(permit) = self.instances.clone().try_acquire_owned() else {
            return Err(AllBusy(self.config.max_instances).into());
        };
        let entry = entry(&self.application.guest).ok_or(RunError::NotService)?;
        let mut options = (self.options)();
        let facts = self.application.facts(&options);
        if matches!(options.stdio, Stdio::Closed) {
            let (output, error) = LogStream::pair(&facts);
            options.stdio =
                Stdio::Streams { input: None, output: Some(Box::new(output)), error: Some(Box::new(error)) };
        }
        let request_time = facts.limits.request;
        let mut store = self.application.store(facts.clone(), options)?;
        let proxy = tokio::select! {
            proxy = entry.instantiate_async(&mut store) => proxy?,
            () = tokio::time::sleep(request_time) => return Err(StartTimeout(request_time).into()),
        };
        tracing::debug!(instance = %facts.id, "an instance was made");
        let shared = Arc::new(Shared { expired: Arc::default(), newest: Mutex::new((Instant::now(), None)) });
        Ok(Instance {
            store,
            proxy,
            view: InstanceState::http,
            expiration: InstanceLife {
                idle: self.config.idle,
                request: request_time,
                sleep: Box::pin(tokio::time::sleep(request_time)),
                stop: Box::pin(self.stop.clone().cancelled_owned()),
                stop_is_watched_by: None,
                stopped: self.stop.clone(),
                shared: shared.clone(),
            },
            state: ServingInstance {
                requests: facts.requests.clone(),
                facts,
                concurrency: concurrency(&self.application.guest, &self.config),
                most_requests: self.config.requests_per_instance.max(1),
                request_time,
                shared,
                freed: Freed { permit: Some(permit), notify: self.freed.clone() },
            },
        })
    }
}

/// Gives the instance's place back, then says so.
struct Freed {
    permit: Option<OwnedSemaphorePermit>,
    notify: Arc<Notify>,
}

impl Drop for Freed {
    fn drop(&mut self) {
        drop(self.permit.take());
        self.notify.notify_waiters();
    }
}

/// When an instance is over.
pub(crate) struct InstanceLife {
    idle: Duration,
    request: Duration,
    sleep: Pin<Box<Sleep>>,
    stop: Pin<Box<WaitForCancellationFutureOwned>>,
    /// The waker that waits for `stop`: asking again is only needed for another one.
    stop_is_watched_by: Option<Waker>,
    stopped: CancellationToken,
    shared: Arc<Shared>,
}

/// What the life of an instance and its requests tell each other.
struct Shared {
    /// Set when the time of a request is why the instance is over.
    expired: Arc<AtomicBool>,
    /// Its newest request, and when it took it.
    newest: Mutex<(Instant, Option<RequestId>)>,
}

impl Shared {
    fn newest(&self) -> MutexGuard<'_, (Instant, Option<RequestId>)> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WorkerExpiration for InstanceLife {
    fn poll(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        status: WorkerStatus,
        since: Instant,
    ) -> Poll<()> {
        let this = self.get_mut();
        let watched = this.stop_is_watched_by.as_ref().is_some_and(|by| by.will_wake(context.waker()));
        if !watched || this.stopped.is_cancelled() {
            if this.stop.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            this.stop_is_watched_by = Some(context.waker().clone());
        }
        let time = match status {
            WorkerStatus::Idle => this.idle,
            WorkerStatus::Requests | WorkerStatus::PostReturn => this.request,
        };
        // What is left to do after the response was begun belongs to the request's own time.
        let since = match status {
            WorkerStatus::PostReturn => this.shared.newest().0,
            WorkerStatus::Idle | WorkerStatus::Requests => since,
        };
        let Some(deadline) = since.checked_add(time) else { return Poll::Pending };
        // The timer is only moved when it would be late: most requests are over long before their time.
        if this.sleep.deadline() > deadline.into() {
            this.sleep.as_mut().reset(deadline.into());
        }
        while this.sleep.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                if status != WorkerStatus::Idle {
                    this.shared.expired.store(true, Ordering::Relaxed);
                }
                return Poll::Ready(());
            }
            this.sleep.as_mut().reset(deadline.into());
        }
        Poll::Pending
    }
}

/// An instance that answers requests.
pub(crate) struct ServingInstance {
    facts: Arc<InstanceFacts>,
    requests: Arc<CurrentRequests>,
    concurrency: usize,
    most_requests: usize,
    request_time: Duration,
    shared: Arc<Shared>,
    freed: Freed,
}

impl WorkerState for ServingInstance {
    type StoreData = InstanceState;
    type RequestData = Work;

    fn should_accept_request(&self, concurrent_count: usize, total_count: usize) -> ShouldAccept {
        if total_count >= self.most_requests {
            ShouldAccept::Never
        } else if concurrent_count >= self.concurrency {
            ShouldAccept::No
        } else {
            self.freed.notify.notify_waiters();
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        store: StoreContextMut<'_, InstanceState>,
        work: Work,
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + 'static + Send + Sync>> {
        work.info.taken_by(self.facts.id.number(), self.shared.expired.clone());
        if self.requests.is_empty() {
            store.data().cpu.restart();
        }
        let current = self.requests.enter(work.info.id.clone(), work.hops);
        *self.shared.newest() = (Instant::now(), Some(work.info.id.clone()));
        let (request_time, permit) = (self.request_time, work.permit);
        Box::pin(async move {
            let _until_answered = (current, permit);
            tokio::time::sleep(request_time).await;
        })
    }

    fn drop(&self, store: Store<InstanceState>, result: Result<(), wasmtime::Error>) {
        let instance = self.facts.id.number();
        // Whose fault it is, is known only if there was never more than one at a time.
        let newest = self.shared.newest().1.take();
        let request = newest.as_deref().filter(|_| self.concurrency == 1);
        let end = result.err().map(|error| ended_in(store.data(), error));
        // Everything the guest held goes before the line that says so.
        drop(store);
        match end {
            None => tracing::debug!(instance, "an instance was released"),
            Some(_) if self.shared.expired.load(Ordering::Relaxed) => {
                let limit = self.request_time;
                tracing::warn!(instance, request, ?limit, "the guest did not finish in time and was ended");
            }
            Some(end) => {
                self.facts.metrics.instances_failed.inc();
                log_failure(instance, request, end);
            }
        }
    }
}

/// The one place where a guest's trap is told, and to nobody but the log.
fn log_failure(instance: u64, request: Option<&str>, end: Result<Outcome, RunError>) {
    match end {
        Ok(Outcome::Exited(code)) => {
            tracing::warn!(instance, request, code, "the guest called exit and was released");
        }
        Err(RunError::Trap { trap, frames }) => {
            let at = shown(&frames.iter().take(16).map(String::as_str).collect::<Vec<_>>().join(" < "));
            tracing::error!(instance, request, trap, at, "the guest trapped");
        }
        Err(RunError::Host(error)) => {
            let error = &*error as &dyn std::error::Error;
            tracing::error!(instance, request, error, "the host ended the guest");
        }
        Err(error) => tracing::error!(instance, request, %error, "the guest ended"),
    }
}
