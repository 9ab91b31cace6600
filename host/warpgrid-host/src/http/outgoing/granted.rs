//! The addresses that a request may connect to: one look-up, every answer checked; connects to nothing.

use super::target::{Host, Target};
use crate::instance::InstanceFacts;
use crate::shims::dns::{DnsError, DnsResolver};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError};
use warpgrid_grants::names::HostName;
use warpgrid_grants::net::Purpose;
use warpgrid_grants::refusal::{Capability, Reason};
use wasmtime_wasi_http::Error;

/// The addresses of a request's host that the rules grant, in the resolver's order. A refusal is recorded.
pub(super) async fn addresses(
    facts: &InstanceFacts,
    resolver: Option<&Arc<DnsResolver>>,
    target: &Target,
) -> Result<Vec<SocketAddr>, Error> {
    let (answers, reason) = match &target.host {
        Host::Address(address) => literal(facts, target, *address),
        Host::Name(name) => look_up(facts, resolver, target, name).await?,
    };
    if answers.is_empty() {
        return Err(refuse(facts, target, reason));
    }
    Ok(answers.into_iter().map(|address| SocketAddr::new(address, target.port)).collect())
}

/// An address that the guest wrote down: granted as such, or by a name that the guest was told it for.
fn literal(facts: &InstanceFacts, target: &Target, address: IpAddr) -> (Vec<IpAddr>, Reason) {
    let pins = facts.pins.lock().unwrap_or_else(PoisonError::into_inner);
    match facts.network.check(Purpose::Connect, address, target.port, pins.names(&address)) {
        Ok(()) => (vec![address], Reason::NotGranted),
        Err(denied) => (Vec::new(), denied.reason),
    }
}

/// The answers for a name that are granted, and why the last one is not that is not.
async fn look_up(
    facts: &InstanceFacts,
    resolver: Option<&Arc<DnsResolver>>,
    target: &Target,
    name: &HostName,
) -> Result<(Vec<IpAddr>, Reason), Error> {
    // A name that no rule grants is not looked up: the question itself could carry data out.
    if !facts.network.grants_name(name) {
        return Err(refuse(facts, target, Reason::NotGranted));
    }
    let Some(resolver) = resolver else {
        tracing::info!("the dns shim is off, so that only addresses can be connected to");
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
    let (mut granted, mut reason) = (Vec::new(), Reason::NotGranted);
    for address in answers.iter().map(|address| address.to_canonical()) {
        match check(facts, resolver, target, name, address) {
            Ok(()) => granted.push(address),
            Err(refused) => {
                tracing::info!(%address, reason = %refused, "an answer of the look-up is not granted");
                reason = refused;
            }
        }
    }
    Ok((granted, reason))
}

/// Whether an answer for a name may be connected to. Only the operator's own tables may point a name into the
/// private network.
fn check(
    facts: &InstanceFacts,
    resolver: &DnsResolver,
    target: &Target,
    name: &HostName,
    address: IpAddr,
) -> Result<(), Reason> {
    let declared =
        || resolver.reverse(address).is_ok_and(|names| names.iter().any(|known| known == name.as_str()));
    if !facts.network.admits_answer(name, address) && !declared() {
        return Err(Reason::PrivateAddress);
    }
    let checked = facts.network.check(Purpose::Connect, address, target.port, [name]);
    checked.map_err(|denied| denied.reason)
}

fn refuse(facts: &InstanceFacts, target: &Target, reason: Reason) -> Error {
    facts.refusals.add(Capability::Http, &target.to_string(), reason);
    Error::HttpRequestDenied
}
