//! Other services of the application, called in process by name; opens no connection.
//!
//! How loops are found: every call carries a count of the services that the request has passed through,
//! which no guest sees or sets. An instance remembers the count of what it answers, and what it sends out
//! meanwhile counts from there.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use warpgrid_grants::names::HostName;
use wasmtime_wasi_http::WasiBody;

/// A service that answers requests in this process.
pub trait LocalService: Send + Sync {
    /// Answers a request. Its URI is absolute, and its `Host` is the service's name. `hops` counts the
    /// services that the request has passed through, this one included. An
    /// [`HttpService`](super::HttpService) remembers it for its instances; whoever answers by a command hands it on
    /// ([`InstanceOptions::hops`](crate::InstanceOptions::hops)), else a loop of services is not found.
    ///
    /// # Errors
    /// The WASI error that the calling guest sees.
    fn call(
        &self,
        request: http::Request<WasiBody>,
        hops: u32,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<WasiBody>, wasmtime_wasi_http::Error>> + Send + '_>>;
}

/// The place of a service that is loaded later: services may call each other, so each is told of all places
/// before any of them is there.
#[derive(Default)]
pub struct ServiceSlot(OnceLock<Arc<dyn LocalService>>);

impl ServiceSlot {
    /// Puts the service in its place. A second one is not taken.
    pub fn fill(&self, service: Arc<dyn LocalService>) {
        let _ = self.0.set(service);
    }
}

impl LocalService for ServiceSlot {
    fn call(
        &self,
        request: http::Request<WasiBody>,
        hops: u32,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<WasiBody>, wasmtime_wasi_http::Error>> + Send + '_>>
    {
        match self.0.get() {
            Some(service) => service.call(request, hops),
            None => Box::pin(async { Err(wasmtime_wasi_http::Error::DestinationUnavailable) }),
        }
    }
}

/// The services of an application by their host name. A request for such a name never leaves the process,
/// whatever its scheme and port, and needs no grant.
pub type Services = BTreeMap<HostName, Arc<dyn LocalService>>;
