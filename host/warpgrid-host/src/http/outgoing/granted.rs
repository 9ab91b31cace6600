//! The addresses that a request may connect to: one look-up, every answer checked; connects to nothing.

use super::target::{Host, Target};
use crate::instance::InstanceFacts;
use crate::shims::dns::{DnsError, DnsResolver};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError};
use warpgrid_grants::names::{Answer, HostName, Link};
use warpgrid_grants::net::{AddressClass, Purpose, classify};
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
    let Some(resolver) = resolver else {
        tracing::info!("the dns shim is off, so that only addresses can be connected to");
        return Err(refuse(facts, target, Reason::NotGranted));
    };
    // The resolver asks nobody for a name that no rule grants: the question itself could carry data out. Of the
    // system's answers it gives only those that may be given for this name.
    let answers = resolver.resolve(name.as_str()).await.map_err(|error| {
        match error {
            DnsError::NotGranted => return refuse(facts, target, Reason::NotGranted),
            // The guest is not told which names of the private network there are.
            DnsError::PrivateAddress => {
                let _ = refuse(facts, target, Reason::PrivateAddress);
            }
            _ => {}
        }
        tracing::info!(phase = "dns", %error, "an outgoing request failed");
        let rcode = match error {
            DnsError::Temporary(_) => "SERVFAIL",
            _ => "NXDOMAIN",
        };
        Error::DnsError { rcode: Some(rcode.to_owned()), info_code: None }
    })?;
    let (mut granted, mut reason) = (Vec::new(), Reason::NotGranted);
    for address in answers.iter().map(|address| address.to_canonical()) {
        match facts.network.check(Purpose::Connect, address, target.port, pinned(&answers, name, address)) {
            Ok(()) => granted.push(address),
            Err(denied) => {
                tracing::info!(%address, reason = %denied.reason, "an answer of the look-up is not granted");
                reason = denied.reason;
            }
        }
    }
    Ok((granted, reason))
}

/// The name whose rule may grant this answer. What the system says may not point a name into the private
/// network: such an address needs a rule of its own.
fn pinned<'a>(answers: &Answer, name: &'a HostName, address: IpAddr) -> Option<&'a HostName> {
    let granted = answers.link() != Link::System || classify(address) == AddressClass::Public;
    granted.then_some(name)
}

fn refuse(facts: &InstanceFacts, target: &Target, reason: Reason) -> Error {
    facts.refusals.add(Capability::Http, &target.to_string(), reason);
    Error::HttpRequestDenied
}
