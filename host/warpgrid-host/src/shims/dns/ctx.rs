//! The state of the DNS shim: one resolver per application, and what all doors do for one instance.

use super::resolver::Look;
use super::{DnsConfig, DnsError, DnsResolver};
use crate::application::AppConfig;
use crate::instance::{InstanceFacts, InstanceState};
use crate::shim::{InstanceShims, Shim, ShimError, linked};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use tokio::sync::Semaphore;
use warpgrid_grants::names::{Answer, Link};
use warpgrid_grants::refusal::{Capability, Reason};
use wasmtime::component::Linker;

/// The DNS shim.
pub struct Dns;

/// What one instance holds.
pub struct DnsCtx {
    pub(super) resolver: Arc<DnsResolver>,
    facts: Arc<InstanceFacts>,
    room: Arc<Semaphore>,
}

/// A look-up of a guest.
pub(super) enum Lookup {
    /// It was answered at once.
    Done(Result<Answer, DnsError>),
    /// The system is asked.
    UnderWay(UnderWay),
}

/// A look-up that waits for the system. Dropping it leaves others who wait for the same name untouched.
pub(super) type UnderWay = Pin<Box<dyn Future<Output = Result<Answer, DnsError>> + Send>>;

impl DnsCtx {
    /// Looks a name up for the guest: within its limits, with what it was told and what it was refused
    /// recorded.
    pub(super) fn look_up(&self, text: &str) -> Lookup {
        let name = match self.resolver.look(text) {
            Look::Known(result) => return Lookup::Done(record(&self.facts, text, result)),
            Look::Ask(name) => name,
        };
        let Ok(room) = self.room.clone().try_acquire_owned() else {
            return Lookup::Done(record(&self.facts, text, Err(DnsError::Limit)));
        };
        let (resolver, facts) = (self.resolver.clone(), self.facts.clone());
        Lookup::UnderWay(Box::pin(async move {
            let subject = name.clone();
            let result = resolver.ask(name).await;
            drop(room);
            record(&facts, subject.as_str(), result)
        }))
    }
}

/// What the guest is told is pinned to the name: a grant by name holds for these addresses. What it is refused
/// is counted.
fn record(
    facts: &InstanceFacts,
    subject: &str,
    result: Result<Answer, DnsError>,
) -> Result<Answer, DnsError> {
    let reason = match &result {
        Ok(answer) => {
            if let Some(name) = answer.name() {
                let mut pins = facts.pins.lock().unwrap_or_else(PoisonError::into_inner);
                match answer.link() {
                    Link::System => pins.record_public(name, answer.unordered()),
                    _ => pins.record(name, answer.unordered()),
                }
            }
            return result;
        }
        Err(DnsError::NotGranted) => Reason::NotGranted,
        Err(DnsError::PrivateAddress) => Reason::PrivateAddress,
        Err(DnsError::Limit) => Reason::Limit,
        Err(DnsError::HostNotFound | DnsError::InvalidName(_) | DnsError::Temporary(_)) => return result,
    };
    facts.refusals.add(Capability::Name, subject, reason);
    result
}

impl Drop for DnsCtx {
    fn drop(&mut self) {
        self.resolver.log_statistics();
    }
}

impl Shim for Dns {
    const KEY: &'static str = "dns";
    const INTERFACES: &'static [&'static str] = &["dns"];
    type Config = DnsConfig;
    type AppState = DnsResolver;
    type Ctx = DnsCtx;

    fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        super::wit::link(linker)
    }

    fn intercept(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        super::p2::link(linker)?;
        super::p3::link(linker)
    }

    fn configure(config: &DnsConfig, app: &AppConfig) -> Result<DnsResolver, ShimError> {
        tracing::debug!(
            shim = Self::KEY,
            services = app.registry.len(),
            system = config.system,
            ttl = ?config.time_to_live,
            "configured"
        );
        Ok(DnsResolver::with(config, app))
    }

    fn prepare(state: &Arc<DnsResolver>, facts: &Arc<InstanceFacts>) -> DnsCtx {
        let room = Semaphore::new(facts.limits.lookups.min(Semaphore::MAX_PERMITS));
        DnsCtx { resolver: state.clone(), facts: facts.clone(), room: Arc::new(room) }
    }
}

pub(super) fn of(state: &mut InstanceState) -> &mut DnsCtx {
    of_shims(&mut state.shims)
}

pub(super) fn of_shims(shims: &mut InstanceShims) -> &mut DnsCtx {
    linked(&mut shims.dns)
}
