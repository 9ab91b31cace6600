//! The door `warpgrid:shim/dns`: translates addresses and errors, decides nothing.

use super::DnsCtx;
use super::ctx::{self, Lookup};
use super::error::to_wit;
use crate::bindings::warpgrid::shim::dns as wit;
use crate::instance::InstanceState;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use wasmtime::component::{HasData, Linker};

struct DnsDoor;

impl HasData for DnsDoor {
    type Data<'a> = &'a mut DnsCtx;
}

pub(super) fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    wit::add_to_linker::<_, DnsDoor>(linker, ctx::of)
}

impl wit::Host for DnsCtx {
    async fn resolve_address(
        &mut self,
        name: String,
    ) -> wasmtime::Result<Result<Vec<wit::IpAddress>, wit::DnsError>> {
        let result = match self.look_up(&name) {
            Lookup::Done(result) => result,
            Lookup::UnderWay(lookup) => lookup.await,
        };
        Ok(match result {
            Ok(answer) => Ok(answer.iter().map(address_to_wit).collect()),
            Err(error) => Err(to_wit(&error)),
        })
    }

    fn reverse_resolve(
        &mut self,
        address: wit::IpAddress,
    ) -> wasmtime::Result<Result<Vec<String>, wit::DnsError>> {
        Ok(self.resolver.reverse(address_from_wit(address)).map_err(|error| to_wit(&error)))
    }
}

fn address_to_wit(address: IpAddr) -> wit::IpAddress {
    match address {
        IpAddr::V4(v4) => wit::IpAddress::Ipv4(v4.octets().into()),
        IpAddr::V6(v6) => wit::IpAddress::Ipv6(v6.segments().into()),
    }
}

fn address_from_wit(address: wit::IpAddress) -> IpAddr {
    match address {
        wit::IpAddress::Ipv4(octets) => Ipv4Addr::from(<[u8; 4]>::from(octets)).into(),
        wit::IpAddress::Ipv6(groups) => Ipv6Addr::from(<[u16; 8]>::from(groups)).into(),
    }
}
