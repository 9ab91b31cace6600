//! A guest that answers requests: admission, time-outs and what a client is told; knows no connection.
//!
//! A request takes one of `max instances × requests at the same time` places, or waits for one in a bounded
//! queue. Requests beyond the queue, and those that waited too long, are answered 503 with `Retry-After`.
//! Because upstream may ask for one more instance than there may be, a request that meets [`AllBusy`] waits
//! until an instance says that it is free, and tries again: the limit is never an error.

use super::body::{OpenRecord, ResponseBody, text};
use super::config::HttpConfig;
use super::in_flight::{InFlight, OpenRequest, REQUEST_ID, RequestInfo};
use super::log_stream::shown;
use super::metrics::TurnedAway;
use super::services::LocalService;
use super::worker::{AllBusy, InstanceSource, StartTimeout, Work, concurrency};
use crate::application::{Application, GuestKind, GuestPre};
use crate::instance::{InstanceOptions, RunError};
use crate::metrics::Metrics;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, RETRY_AFTER};
use http::uri::{Authority, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use wasmtime::PoolConcurrencyLimitError;
use wasmtime_wasi_http::WasiBody;
use wasmtime_wasi_http::handler::{ExpirationError, InstantiationError, ProxyHandler};

/// Makes the options of each new instance. Closed standard streams become log lines.
pub type OptionsTemplate = Arc<dyn Fn() -> InstanceOptions + Send + Sync>;

/// How much later than its instance a request gives up, so that the instance's own answer comes first.
const GRACE: Duration = Duration::from_millis(500);
/// How long a request that met [`AllBusy`] waits at most before it tries again by itself.
const LONGEST_RETRY: Duration = Duration::from_millis(20);

/// A guest that answers requests. Clones of its `Arc` serve a listener and other services in process.
pub struct HttpService {
    handler: ProxyHandler<InstanceSource>,
    application: Arc<Application>,
    config: Arc<HttpConfig>,
    metrics: Arc<Metrics>,
    in_flight: Arc<InFlight>,
    places: Arc<Semaphore>,
    instances: Arc<Semaphore>,
    waiting: AtomicUsize,
    freed: Arc<Notify>,
    stop: CancellationToken,
}

/// Why a request has no response of the guest.
enum Failure {
    BadRequest(&'static str),
    BodyTooLarge(u64),
    TurnedAway(TurnedAway),
    TimedOut(Duration),
    /// The guest's own fault or the host's: details are in the log only.
    Internal,
}

impl HttpService {
    /// A service of an application. `options` is called for each new instance.
    ///
    /// # Errors
    /// [`RunError::NotService`] when the guest is a command.
    pub fn new(
        application: Arc<Application>,
        config: HttpConfig,
        options: OptionsTemplate,
    ) -> Result<Self, RunError> {
        if application.kind() != GuestKind::Http {
            return Err(RunError::NotService);
        }
        let config = Arc::new(config);
        let most_instances = config.max_instances.clamp(1, Semaphore::MAX_PERMITS);
        let places = most_instances.saturating_mul(concurrency(&application.guest, &config));
        let places = Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)));
        let instances = Arc::new(Semaphore::new(most_instances));
        let (freed, stop) = (Arc::<Notify>::default(), CancellationToken::new());
        let metrics = application.config().metrics.clone();
        let source = InstanceSource {
            application: application.clone(),
            options,
            config: config.clone(),
            instances: instances.clone(),
            freed: freed.clone(),
            stop: stop.clone(),
        };
        let (handler, in_flight) = (ProxyHandler::new(source), Arc::default());
        let waiting = AtomicUsize::new(0);
        Ok(Self { handler, application, config, metrics, in_flight, places, instances, waiting, freed, stop })
    }

    /// How it is served.
    pub fn config(&self) -> &HttpConfig {
        &self.config
    }

    /// The application.
    pub fn application(&self) -> &Arc<Application> {
        &self.application
    }

    /// Where its events are counted.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The requests that are answered now or wait, oldest first.
    pub fn open_requests(&self) -> Vec<OpenRequest> {
        self.in_flight.list(Instant::now())
    }

    /// How many requests are answered now or wait.
    pub fn open_request_count(&self) -> usize {
        self.in_flight.len()
    }

    /// How many instances exist now.
    pub fn instance_count(&self) -> usize {
        self.config.max_instances.max(1).saturating_sub(self.instances.available_permits())
    }

    /// Waits until no instance exists.
    pub(crate) async fn all_instances_gone(&self) {
        loop {
            let freed = self.freed.notified();
            let mut freed = std::pin::pin!(freed);
            freed.as_mut().enable();
            if self.instance_count() == 0 {
                return;
            }
            freed.await;
        }
    }

    /// Ends every instance, whatever it does. Requests that are not answered yet fail.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Answers a request. `hops` counts the services that it has passed through, this one included. There
    /// is always a response: what goes wrong is one of 400, 413, 500, 503 and 504, and its cause is in the
    /// log only.
    pub async fn respond(&self, request: Request<WasiBody>, hops: u32) -> Response<ResponseBody> {
        let info = Arc::new(RequestInfo::new(&request, Instant::now()));
        // As high as a level can be: whatever line is shown, it shows the request.
        let span = tracing::error_span!("request", id = %info.id);
        let record =
            OpenRecord::new(info.clone(), self.in_flight.clone(), self.metrics.clone(), span.clone());
        async {
            let response = match self.admit_and_send(request, &info, hops).await {
                Ok(response) => response,
                Err(failure) => self.failed(&failure),
            };
            let (mut parts, body) = response.into_parts();
            if let Ok(id) = HeaderValue::from_str(&info.id) {
                parts.headers.insert(REQUEST_ID, id);
            }
            let body = ResponseBody::new(body, record, &parts);
            Response::from_parts(parts, body)
        }
        .instrument(span)
        .await
    }

    async fn admit_and_send(
        &self,
        request: Request<WasiBody>,
        info: &Arc<RequestInfo>,
        hops: u32,
    ) -> Result<Response<WasiBody>, Failure> {
        let mut request = self.checked(request)?;
        let mut permit = match self.places.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.wait_for_place().await?,
        };
        let limit = self.application.config().limits.request;
        let give_up = Instant::now() + self.config.queue_wait;
        let (mut pause, mut met_all_busy) = (Duration::from_millis(1), false);
        loop {
            let mut freed = std::pin::pin!(self.freed.notified());
            if met_all_busy {
                // From here on no word of a free instance is missed.
                freed.as_mut().enable();
            }
            let work = Work { info: info.clone(), hops, permit };
            let sent = tokio::time::timeout(limit + GRACE, self.handler.handle(work, request)).await;
            let error = match sent {
                Ok(Ok(response)) => return Ok(response),
                Ok(Err(error)) => error,
                Err(_) => return Err(Failure::TimedOut(limit)),
            };
            let not_made = match error.downcast::<InstantiationError<Work>>() {
                Ok(not_made) => not_made,
                Err(error) => return Err(explain(&error, info, limit)),
            };
            let cause = &not_made.error;
            if cause.is::<StartTimeout>() {
                tracing::error!(error = %cause, "no instance could be made");
                return Err(Failure::TimedOut(limit));
            }
            if !cause.is::<AllBusy>() && !cause.is::<PoolConcurrencyLimitError>() {
                tracing::error!(error = format!("{cause:#}"), "no instance could be made");
                return Err(Failure::Internal);
            }
            permit = not_made.request_data.permit;
            request = not_made.request.into_inner().unwrap_or_else(PoisonError::into_inner);
            if !met_all_busy {
                met_all_busy = true;
                continue;
            }
            let _waiting = self.start_waiting()?;
            tokio::select! {
                () = freed => {}
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_RETRY),
            }
            if Instant::now() > give_up {
                return Err(Failure::TurnedAway(TurnedAway::QueueWait));
            }
        }
    }

    /// A request as a guest may get it: its host is known, and its body is not declared too large.
    fn checked(&self, request: Request<WasiBody>) -> Result<Request<WasiBody>, Failure> {
        let (mut parts, mut body) = request.into_parts();
        if parts.uri.authority().is_none() {
            let host = parts.headers.get(HOST).ok_or(Failure::BadRequest("the host header is missing"))?;
            let authority = Authority::try_from(host.as_bytes())
                .map_err(|_| Failure::BadRequest("the host header is not a host"))?;
            // A guest of 0.2 gets its authority from the header, one of 0.3 only from here.
            if matches!(self.application.guest, GuestPre::HttpP3(_)) {
                let mut uri = std::mem::take(&mut parts.uri).into_parts();
                uri.scheme.get_or_insert(Scheme::HTTP);
                uri.authority = Some(authority);
                if uri.path_and_query.is_none() {
                    uri.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
                }
                parts.uri = Uri::from_parts(uri)
                    .map_err(|_| Failure::BadRequest("the request's target is not a path"))?;
            }
        }
        if let Some(limit) = self.config.body_bytes {
            let declared = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
            if declared.and_then(|value| value.parse::<u64>().ok()).is_some_and(|length| length > limit) {
                return Err(Failure::BodyTooLarge(limit));
            }
            body = super::limited::limited(body, limit, self.metrics.clone());
        }
        Ok(Request::from_parts(parts, body))
    }

    async fn wait_for_place(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let _waiting = self.start_waiting()?;
        match tokio::time::timeout(self.config.queue_wait, self.places.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            // The semaphore is never closed.
            Ok(Err(_)) => Err(Failure::Internal),
            Err(_) => Err(Failure::TurnedAway(TurnedAway::QueueWait)),
        }
    }

    /// Takes a place in the queue until the answer is dropped.
    fn start_waiting(&self) -> Result<Waiting<'_>, Failure> {
        let full = self.waiting.fetch_add(1, Ordering::Relaxed) >= self.config.queue_length;
        self.metrics.http.waiting.inc();
        let waiting = Waiting(self);
        if full { Err(Failure::TurnedAway(TurnedAway::QueueFull)) } else { Ok(waiting) }
    }

    fn failed(&self, failure: &Failure) -> Response<WasiBody> {
        let (status, words) = match failure {
            Failure::BadRequest(words) => (StatusCode::BAD_REQUEST, *words),
            Failure::BodyTooLarge(limit) => {
                self.metrics.limit_hit("body-size");
                tracing::info!(limit, "the request's body is too large");
                (StatusCode::PAYLOAD_TOO_LARGE, "the request's body is too large")
            }
            Failure::TurnedAway(reason) => {
                self.metrics.http.turned_away(*reason);
                tracing::warn!(?reason, "the service is busy: the request was turned away");
                (StatusCode::SERVICE_UNAVAILABLE, "the service is busy, try again later")
            }
            Failure::TimedOut(limit) => {
                self.metrics.limit_hit("request-seconds");
                tracing::warn!(?limit, "the guest did not answer in time");
                (StatusCode::GATEWAY_TIMEOUT, "the service did not answer in time")
            }
            Failure::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "the service failed"),
        };
        let mut response = Response::new(text(format!("{words}\n")));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(RETRY_AFTER, HeaderValue::from(self.config.queue_wait.as_secs().max(1)));
        }
        response
    }
}

impl Drop for HttpService {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl LocalService for HttpService {
    fn call(
        &self,
        request: Request<WasiBody>,
        hops: u32,
    ) -> Pin<Box<dyn Future<Output = Result<Response<WasiBody>, wasmtime_wasi_http::Error>> + Send + '_>>
    {
        Box::pin(async move { Ok(self.respond(request, hops).await.map(BodyExt::boxed_unsync)) })
    }
}

/// Sorts out why the guest gave no response.
fn explain(error: &wasmtime::Error, info: &RequestInfo, limit: Duration) -> Failure {
    if error.is::<ExpirationError>() || info.ran_out_of_time() {
        return Failure::TimedOut(limit);
    }
    let instance = info.instance();
    if let Some(error) = error.downcast_ref::<wasmtime_wasi_http::Error>() {
        tracing::error!(instance, error = shown(error), "the guest answered with an error");
    } else {
        // The instance's own line says why; this one, which requests it took with it.
        tracing::error!(instance, "the guest ended before it answered");
    }
    Failure::Internal
}

/// A place in the queue.
struct Waiting<'a>(&'a HttpService);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        self.0.metrics.http.waiting.dec();
    }
}
