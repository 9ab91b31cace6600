//! The outgoing side of one instance, as WASI's HTTP interfaces call it; sends nothing itself.

use super::send::{self, Sent, Trip};
use super::target::Target;
use super::{OutgoingConfig, OutgoingError, tls};
use crate::http::Services;
use crate::instance::InstanceFacts;
use crate::shims::dns::DnsResolver;
use rustls::ClientConfig;
use std::future::{self, Future};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tracing::Instrument;
use warpgrid_grants::refusal::{Capability, Reason};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// What all instances of an application share for what they send out.
pub struct OutgoingApplication {
    pub(super) config: OutgoingConfig,
    pub(super) services: Arc<Services>,
    pub(super) resolver: Option<Arc<DnsResolver>>,
    pub(super) tls: Arc<ClientConfig>,
}

impl OutgoingApplication {
    /// Reads the certificate authorities. Without a resolver no name can be connected to, only addresses and
    /// services of the application.
    ///
    /// # Errors
    /// [`OutgoingError`] names the authorities that cannot be read.
    pub fn new(
        config: OutgoingConfig,
        services: Arc<Services>,
        resolver: Option<Arc<DnsResolver>>,
    ) -> Result<Self, OutgoingError> {
        let tls = tls::client(&config)?;
        Ok(Self { config, services, resolver, tls })
    }
}

/// The outgoing side of one instance.
pub struct OutgoingHttp {
    application: Arc<OutgoingApplication>,
    facts: Arc<InstanceFacts>,
    hops: u32,
    under_way: Arc<AtomicUsize>,
}

impl OutgoingHttp {
    /// `hops`: the services that all work of this instance has passed through before it began.
    pub(crate) fn new(application: Arc<OutgoingApplication>, facts: Arc<InstanceFacts>, hops: u32) -> Self {
        Self { application, facts, hops, under_way: Arc::default() }
    }

    /// The services that the guest's present work has passed through. With several requests at the same time
    /// nobody can tell for which of them the guest works, so the one that came furthest counts.
    fn hops(&self) -> u32 {
        self.facts.requests.hops().max(self.hops)
    }

    /// A place among the requests that may be under way, if there is one.
    fn place(&self) -> Option<Place> {
        let limit = self.application.config.concurrent_requests;
        let taken = self
            .under_way
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| (count < limit).then_some(count + 1));
        taken.ok().map(|_| Place(self.under_way.clone()))
    }

    fn refuse(&self, subject: &str, reason: Reason, error: Error) -> Error {
        self.facts.refusals.add(Capability::Http, subject, reason);
        error
    }

    /// What can be decided at once.
    fn prepare(&self, uri: &http::Uri, method: &http::Method) -> Result<(Target, Place, Option<u32>), Error> {
        let target = Target::of(uri).map_err(|problem| {
            // What stands before an `@` may be a password.
            let authority = uri.authority().map_or("", |authority| authority.as_str());
            let subject = authority.rsplit('@').next().unwrap_or_default();
            tracing::info!(instance = %self.facts.id, host = subject, problem = problem.0, "not a target");
            self.refuse(subject, Reason::Invalid, Error::HttpRequestUriInvalid)
        })?;
        let subject = target.to_string();
        if *method == http::Method::CONNECT {
            return Err(self.refuse(&subject, Reason::Invalid, Error::HttpRequestMethodInvalid));
        }
        let local = send::service(&self.application.services, &target).is_some();
        let hops = local.then(|| self.hops().saturating_add(1));
        if hops.is_some_and(|hops| hops > self.application.config.hops) {
            return Err(self.refuse(&subject, Reason::Limit, Error::LoopDetected));
        }
        let Some(place) = self.place() else {
            return Err(self.refuse(&subject, Reason::Limit, Error::ConnectionLimitReached));
        };
        Ok((target, place, hops))
    }
}

/// The place of one request among those under way.
#[derive(Debug)]
pub(super) struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl WasiHttpHooks for OutgoingHttp {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        let (target, place, hops) = match self.prepare(request.uri(), request.method()) {
            Ok(prepared) => prepared,
            Err(error) => {
                send::dismiss(request);
                return Box::new(future::ready(Err(error)));
            }
        };
        let span = tracing::info_span!("outgoing_http", instance = %self.facts.id, %target);
        let trip = Trip {
            application: self.application.clone(),
            facts: self.facts.clone(),
            target,
            place: Arc::new(place),
            options: options.unwrap_or_default(),
        };
        Box::new(send::send(trip, request, hops).instrument(span))
    }
}
