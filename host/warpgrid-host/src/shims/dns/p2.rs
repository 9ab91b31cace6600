//! The door `wasi:sockets/ip-name-lookup` 0.2: translates addresses and errors, decides nothing.
//!
//! What the guest holds as a `resolve-address-stream` is our [`AddressStream`] under the type of
//! wasmtime-wasi, found again by its number in the table.

use super::ctx::{self, Lookup, UnderWay};
use super::error::to_p2;
use super::{DnsCtx, DnsError};
use crate::instance::InstanceState;
use std::task::{Context, Poll, Waker};
use warpgrid_grants::names::Answer;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{self, ResolveAddressStream};
use wasmtime_wasi::p2::bindings::sockets::network::{self, ErrorCode, IpAddress, Network};
use wasmtime_wasi::p2::{DynPollable, Pollable, SocketError, SocketResult, subscribe};

struct P2Door;

impl HasData for P2Door {
    type Data<'a> = P2View<'a>;
}

struct P2View<'a> {
    ctx: &'a mut DnsCtx,
    table: &'a mut ResourceTable,
}

pub(super) fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    ip_name_lookup::add_to_linker::<_, P2Door>(linker, |state| {
        let InstanceState { shims, table, .. } = state;
        P2View { ctx: ctx::of_shims(shims), table }
    })
}

/// One look-up of a guest.
enum AddressStream {
    UnderWay(UnderWay),
    Done { result: Result<Answer, DnsError>, given: usize },
}

impl AddressStream {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let AddressStream::UnderWay(lookup) = self {
            let Poll::Ready(result) = lookup.as_mut().poll(context) else { return Poll::Pending };
            *self = AddressStream::Done { result, given: 0 };
        }
        Poll::Ready(())
    }

    fn next(&mut self) -> Result<Option<IpAddress>, ErrorCode> {
        // The guest does not wait here; whoever waits for its pollable is woken by that.
        let _ = self.poll(&mut Context::from_waker(Waker::noop()));
        match self {
            AddressStream::UnderWay(_) => Err(ErrorCode::WouldBlock),
            AddressStream::Done { result: Err(error), .. } => Err(to_p2(error)),
            AddressStream::Done { result: Ok(answer), given } => {
                let next = answer.get(*given);
                *given += usize::from(next.is_some());
                Ok(next.map(IpAddress::from))
            }
        }
    }
}

#[async_trait::async_trait]
impl Pollable for AddressStream {
    async fn ready(&mut self) {
        std::future::poll_fn(|context| self.poll(context)).await;
    }
}

fn ours(stream: &Resource<ResolveAddressStream>) -> Resource<AddressStream> {
    Resource::new_borrow(stream.rep())
}

impl ip_name_lookup::Host for P2View<'_> {
    fn resolve_addresses(
        &mut self,
        network: Resource<Network>,
        name: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        // The network is the guest's permission to ask, and says nothing else.
        self.table.get(&network)?;
        let mut stream = match self.ctx.look_up(&name) {
            Lookup::Done(Err(error)) => return Err(to_p2(&error).into()),
            Lookup::Done(result) => AddressStream::Done { result, given: 0 },
            Lookup::UnderWay(lookup) => AddressStream::UnderWay(lookup),
        };
        // Asking begins now, not when the guest first waits.
        let _ = stream.poll(&mut Context::from_waker(Waker::noop()));
        Ok(Resource::new_own(self.table.push(stream)?.rep()))
    }
}

impl ip_name_lookup::HostResolveAddressStream for P2View<'_> {
    fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> SocketResult<Option<IpAddress>> {
        Ok(self.table.get_mut(&ours(&stream))?.next()?)
    }

    fn subscribe(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, ours(&stream))
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<AddressStream>::new_own(stream.rep()))?;
        Ok(())
    }
}

impl network::Host for P2View<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        let error = self.table.get(&error)?;
        Ok(error.downcast_ref::<std::io::Error>().map(ErrorCode::from))
    }
}

impl network::HostNetwork for P2View<'_> {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        self.table.delete(network)?;
        Ok(())
    }
}
