//! What a guest sends out over HTTP; serves nothing.

use crate::instance::InstanceFacts;
use std::future::Future;
use std::sync::Arc;
use warpgrid_grants::refusal::{Capability, Reason};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// How requests leave the host. The default trusts the built-in roots and nothing else.
#[derive(Debug, Clone, Default)]
pub struct OutgoingConfig {}

/// The outgoing side of one instance.
pub struct OutgoingHttp {
    facts: Arc<InstanceFacts>,
}

impl OutgoingHttp {
    pub(crate) fn new(facts: Arc<InstanceFacts>) -> Self {
        Self { facts }
    }
}

type Sent = Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for OutgoingHttp {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let authority = request.uri().authority().map_or_else(String::new, ToString::to_string);
        self.facts.refusals.add(Capability::Http, &authority, Reason::NotGranted);
        Box::new(async { Err(Error::HttpRequestDenied) })
    }
}
