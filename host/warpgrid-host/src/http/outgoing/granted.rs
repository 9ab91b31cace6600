//! The addresses that a request may connect to: one look-up, every answer checked; connects to nothing.

use super::target::{Host, Target};
use crate::instance::InstanceFacts;
use crate::shims::dns::{DnsError, DnsResolver};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use warpgrid_grants::names::HostName;
use warpgrid_grants::refusal::{Capability, Reason};
use wasmtime_wasi_http::Error;

/// The addresses of a request's host that the rules grant, in the resolver's order. A refusal is recorded.
pub(super) async fn addresses(
    facts: &InstanceFacts,
    resolver: Option<&Arc<DnsResolver>>,
    target: &Target,
) -> Result<Vec<SocketAddr>, Error> {
    let answers = match &target.host {
        Host::Address(address) => vec![*address],
        Host::Name(name) => look_up(facts, resolver, target, name).await?,
    };
    let mut granted = Vec::with_capacity(answers.len());
    let mut reason = Reason::NotGranted;
    for address in answers {
        match check(facts, target, address) {
            Ok(()) => granted.push(SocketAddr::new(address, target.port)),
            Err(refused) => {
                tracing::debug!(%target, %address, reason = %refused, "an address is not granted");
                reason = refused;
            }
        }
    }
    if granted.is_empty() {
        return Err(refuse(facts, target, reason));
    }
    Ok(granted)
}

async fn look_up(
    facts: &InstanceFacts,
    resolver: Option<&Arc<DnsResolver>>,
    target: &Target,
    name: &HostName,
) -> Result<Vec<IpAddr>, Error> {
    // A name that no rule grants is not looked up: the question itself could carry data out.
    if !facts.network.grants_name(name) {
        return Err(refuse(facts, target, Reason::NotGranted));
    }
    let Some(resolver) = resolver else {
        tracing::info!(%target, "the dns shim is off, so that only addresses can be connected to");
        return Err(refuse(facts, target, Reason::NotGranted));
    };
    let answers = resolver.resolve(name.as_str()).await.map_err(|error| {
        tracing::info!(phase = "dns", %error, "an outgoing request failed");
        let rcode = match error {
            DnsError::Temporary(_) => "SERVFAIL",
            _ => "NXDOMAIN",
        };
        Error::DnsError { rcode: Some(rcode.to_owned()), info_code: None }
    })?;
    Ok(answers.into_iter().map(|address| address.to_canonical()).collect())
}

/// The one place that asks the rules about an address.
fn check(facts: &InstanceFacts, target: &Target, address: IpAddr) -> Result<(), Reason> {
    let _ = (facts, target, address);
    Err(Reason::NotGranted)
}

pub(super) fn refuse(facts: &InstanceFacts, target: &Target, reason: Reason) -> Error {
    facts.refusals.add(Capability::Http, &target.to_string(), reason);
    Error::HttpRequestDenied
}
