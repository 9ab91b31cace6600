//! What the shims may know of an instance, and what they share with each other; opens nothing.

use crate::databases::InstanceDatabases;
use crate::http::CurrentRequests;
use crate::metrics::Metrics;
use crate::refusals::Refusals;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::net::{AnswerPins, Binding, NetworkPolicy, SyntheticAddresses};
use warpgrid_grants::threading::ThreadingModel;

/// The number of an instance, unique in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(u64);

impl InstanceId {
    /// The next number.
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The plain number.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

/// What the shims may know of an instance. Made once, shared by reference.
pub struct InstanceFacts {
    /// Its number.
    pub id: InstanceId,
    /// The application's name.
    pub name: Arc<str>,
    /// The arguments, the program's name first.
    pub arguments: Vec<String>,
    /// The environment.
    pub environment: Vec<(String, String)>,
    /// What this instance may make the host hold.
    pub limits: GuestLimits,
    /// Where this instance may connect to and listen.
    pub network: Arc<NetworkPolicy>,
    /// Databases that this instance may reach by name or synthetic address.
    pub bindings: Arc<[Binding]>,
    /// Their pools, and how many connections to them this instance holds.
    pub(crate) databases: InstanceDatabases,
    /// The addresses of names that the host itself answers for: an address says which binding or service of
    /// the same application was meant.
    pub synthetic: Arc<SyntheticAddresses>,
    /// Which addresses were answered for which name: written by the resolver's doors, read by those of the
    /// sockets, so that a grant by name holds for the addresses that this guest was told and no others.
    pub pins: Mutex<AnswerPins>,
    /// The threading model that the guest has declared; empty until it does.
    pub threading: OnceLock<ThreadingModel>,
    /// Every refusal goes through here.
    pub refusals: Refusals,
    /// The requests that this instance answers now; always empty for a command.
    pub requests: Arc<CurrentRequests>,
    /// The counters of the application.
    pub metrics: Arc<Metrics>,
}
