//! The gate of one instance: where its sockets may go; opens nothing.
//!
//! Upstream asks here before every bind, listen, accept and connect of TCP; each UDP socket has a gate of its own
//! (`datagrams`), which asks here.

use super::count::SocketCount;
use super::error::SocketsError;
use crate::databases::{ConnectError, DatabaseConnection};
use crate::instance::InstanceFacts;
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use warpgrid_grants::names::HostName;
use warpgrid_grants::net::{Binding, Denied, Purpose};
use warpgrid_grants::refusal::{Capability, Reason};
use wasmtime_wasi::sockets::SocketAddrUse;

/// How many senders of datagrams are remembered, so that they can be answered.
const REMEMBERED_SENDERS: usize = 1024;

/// Which way a connection goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    /// Through a socket of the system, if the policy grants it.
    Network,
    /// To a database that the host connects to for the guest.
    Binding(&'a Binding),
    /// Nowhere: the address stands for a name that the host serves itself, but not so.
    Unserved,
}

/// The gate of one instance.
pub(super) struct Gate {
    facts: Arc<InstanceFacts>,
    /// The host of each binding of `facts`, read once: an address, or a name.
    binding_hosts: Vec<BindingHost>,
    pub(super) count: SocketCount,
    /// The number of the next UDP socket.
    next_number: AtomicU64,
    /// Who wrote lately to which UDP socket that listens.
    senders: Mutex<VecDeque<(u64, SocketAddr)>>,
}

enum BindingHost {
    Address(IpAddr),
    Name(HostName),
    /// Neither: no connection is meant for it.
    Nobody,
}

impl Gate {
    pub(super) fn new(facts: Arc<InstanceFacts>) -> Self {
        let host = |binding: &Binding| match (binding.host.parse::<IpAddr>(), HostName::new(&binding.host)) {
            (Ok(address), _) => BindingHost::Address(address.to_canonical()),
            (_, Ok(name)) => BindingHost::Name(name),
            _ => BindingHost::Nobody,
        };
        Self {
            binding_hosts: facts.bindings.iter().map(host).collect(),
            count: SocketCount::new(facts.limits.sockets),
            next_number: AtomicU64::new(0),
            senders: Mutex::default(),
            facts,
        }
    }

    /// The most bytes that one read gives.
    pub(super) fn read_bytes(&self) -> usize {
        self.facts.limits.read_bytes
    }

    /// Answers upstream's question about a TCP socket. A refusal is recorded.
    pub(super) fn permits(&self, address: SocketAddr, usage: SocketAddrUse) -> bool {
        match usage {
            SocketAddrUse::TcpBind => self.checks(Purpose::Bind, address),
            SocketAddrUse::TcpListen => self.checks(Purpose::Listen, address),
            SocketAddrUse::TcpConnect => self.checks(Purpose::Connect, address),
            SocketAddrUse::TcpAccept => {
                let room = self.count.add();
                if !room {
                    self.refuse(address, Reason::Limit);
                }
                room
            }
            // A UDP socket asks its own gate.
            SocketAddrUse::UdpBind | SocketAddrUse::UdpSend | SocketAddrUse::UdpReceive => false,
        }
    }

    /// Which way a connection goes. A binding is known by its address, or by the synthetic address of its name.
    pub(super) fn route(&self, address: SocketAddr) -> Route<'_> {
        let ip = address.ip().to_canonical();
        let name = self.facts.synthetic.name_of(ip);
        let meant = |host: &BindingHost| match host {
            BindingHost::Address(binding) => *binding == ip,
            BindingHost::Name(binding) => name == Some(binding),
            BindingHost::Nobody => false,
        };
        let mut bindings = self.facts.bindings.iter().zip(&self.binding_hosts);
        match bindings.find(|(binding, host)| binding.port == address.port() && meant(host)) {
            Some((binding, _)) => Route::Binding(binding),
            None if name.is_some() => Route::Unserved,
            None => Route::Network,
        }
    }

    /// A connection to the database that an address is meant for; none, if it goes by the network.
    ///
    /// # Errors
    /// [`SocketsError`]: there is no room for one more, or nothing answers there.
    pub(super) fn connect_database(
        &self,
        address: SocketAddr,
    ) -> Result<Option<DatabaseConnection>, SocketsError> {
        let (error, reason) = match self.route(address) {
            Route::Network => return Ok(None),
            Route::Binding(binding) => match self.facts.databases.connect(&binding.name) {
                Ok(connection) => return Ok(Some(connection)),
                Err(error @ ConnectError::TooMany { .. }) => (error.into(), Reason::Limit),
                Err(error @ ConnectError::NoPool { .. }) => (error.into(), Reason::NotYet),
            },
            Route::Unserved => (SocketsError::Unserved { address }, Reason::NotYet),
        };
        tracing::debug!(instance = %self.facts.id, %address, "{error}");
        self.refuse(address, reason);
        Err(error)
    }

    /// Records that there are too many sockets.
    pub(super) fn too_many(&self) -> SocketsError {
        self.facts.refusals.add(Capability::Address, "a new socket", Reason::Limit);
        SocketsError::TooManySockets { limit: self.count.limit() }
    }

    /// Whether the policy grants it. A refusal is recorded.
    pub(super) fn checks(&self, purpose: Purpose, address: SocketAddr) -> bool {
        let checked = self.check(purpose, address);
        if let Err(Denied { reason }) = checked {
            self.refuse(address, reason);
        }
        checked.is_ok()
    }

    fn check(&self, purpose: Purpose, address: SocketAddr) -> Result<(), Denied> {
        let ip = address.ip().to_canonical();
        let pins = self.facts.pins.lock().unwrap_or_else(PoisonError::into_inner);
        self.facts.network.check(purpose, ip, address.port(), pins.names(&ip))
    }

    /// A number for a new UDP socket.
    pub(super) fn number(&self) -> u64 {
        self.next_number.fetch_add(1, Relaxed)
    }

    /// Whether a socket bound here listens for anyone.
    pub(super) fn listens(&self, local: SocketAddr) -> bool {
        self.facts.network.listens(local.ip(), local.port())
    }

    /// Whether a datagram reaches this UDP socket. A refusal is not recorded: others must not be able to fill
    /// the guest's record.
    pub(super) fn hears(&self, socket: u64, listens: bool, sender: SocketAddr) -> bool {
        if self.check(Purpose::Send, sender).is_ok() {
            return true;
        }
        if !listens {
            tracing::debug!(instance = %self.facts.id, %sender, "a datagram that nobody asked for is dropped");
            return false;
        }
        let mut senders = self.senders.lock().unwrap_or_else(PoisonError::into_inner);
        if !senders.contains(&(socket, sender)) {
            if senders.len() == REMEMBERED_SENDERS {
                senders.pop_front();
            }
            senders.push_back((socket, sender));
        }
        true
    }

    /// Whether this UDP socket heard this sender lately.
    pub(super) fn has_written(&self, socket: u64, sender: SocketAddr) -> bool {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner).contains(&(socket, sender))
    }

    fn refuse(&self, address: SocketAddr, reason: Reason) {
        self.facts.refusals.add(Capability::Address, &address.to_string(), reason);
    }
}
