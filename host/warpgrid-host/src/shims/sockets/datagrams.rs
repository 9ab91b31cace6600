//! What one UDP socket may do; opens nothing, and knows no other socket.
//!
//! Upstream asks the socket's own gate before each bind, send and receive. A datagram is let in when one may be
//! sent back to where it came from. Only a socket bound where a `listen` rule says is sent datagrams by anyone,
//! and only that socket may answer those who wrote to it lately.

use super::policy::Gate;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use warpgrid_grants::net::Purpose;
use wasmtime_wasi::sockets::SocketAddrUse;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

/// The gate of one UDP socket.
struct DatagramGate {
    gate: Arc<Gate>,
    /// No other socket of the instance has or had it.
    number: u64,
    bound: Mutex<Bound>,
}

/// Where a socket was let bind. The system may refuse what was let, and upstream does not say so: what counts
/// is that a socket which may stand where no rule lets it listen never listens again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    Nowhere,
    WhereItListens,
    Elsewhere,
}

/// What upstream makes one UDP socket from, with a gate of its own.
pub(super) fn context(gate: &Arc<Gate>) -> WasiCtx {
    let number = gate.number();
    let socket = DatagramGate { gate: gate.clone(), number, bound: Mutex::new(Bound::Nowhere) };
    let check = move |address, usage| -> std::pin::Pin<Box<dyn Future<Output = bool> + Send + Sync>> {
        let permitted = socket.permits(address, usage);
        Box::pin(async move { permitted })
    };
    WasiCtxBuilder::new().allow_tcp(false).allow_udp(true).socket_addr_check(check).build()
}

impl DatagramGate {
    fn permits(&self, address: SocketAddr, usage: SocketAddrUse) -> bool {
        match usage {
            SocketAddrUse::UdpBind => self.binds(address),
            SocketAddrUse::UdpSend => {
                self.gate.has_written(self.number, address) || self.gate.checks(Purpose::Send, address)
            }
            SocketAddrUse::UdpReceive => self.gate.hears(self.number, self.listens(), address),
            SocketAddrUse::TcpBind
            | SocketAddrUse::TcpListen
            | SocketAddrUse::TcpAccept
            | SocketAddrUse::TcpConnect => false,
        }
    }

    fn binds(&self, address: SocketAddr) -> bool {
        let permitted = self.gate.checks(Purpose::Bind, address);
        if permitted {
            let mut bound = self.bound.lock().unwrap_or_else(PoisonError::into_inner);
            let listens = *bound != Bound::Elsewhere && self.gate.listens(address);
            *bound = if listens { Bound::WhereItListens } else { Bound::Elsewhere };
        }
        permitted
    }

    fn listens(&self) -> bool {
        *self.bound.lock().unwrap_or_else(PoisonError::into_inner) == Bound::WhereItListens
    }
}
