//! Other services of the application, called in process by name; opens no connection.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use warpgrid_grants::names::HostName;
use wasmtime_wasi_http::WasiBody;

/// A service that answers requests in this process.
pub trait LocalService: Send + Sync {
    /// Answers a request. `hops` counts the services that the request has passed through, this one
    /// included.
    ///
    /// # Errors
    /// The WASI error that the calling guest sees.
    fn call(
        &self,
        request: http::Request<WasiBody>,
        hops: u32,
    ) -> Pin<Box<dyn Future<Output = Result<http::Response<WasiBody>, wasmtime_wasi_http::Error>> + Send + '_>>;
}

/// The services of an application by their host name.
pub type Services = BTreeMap<HostName, Arc<dyn LocalService>>;
