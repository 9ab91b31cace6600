//! The door `wasi:sockets/ip-name-lookup` 0.3: translates addresses and errors, decides nothing.

use super::DnsCtx;
use super::ctx::{self, Lookup};
use super::error::to_p3;
use crate::instance::InstanceState;
use wasmtime::component::{Accessor, HasData, Linker};
use wasmtime_wasi::p3::bindings::sockets::ip_name_lookup::{self, ErrorCode, IpAddress};

struct P3Door;

impl HasData for P3Door {
    type Data<'a> = &'a mut DnsCtx;
}

pub(super) fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    ip_name_lookup::add_to_linker::<_, P3Door>(linker, ctx::of)
}

impl<T> ip_name_lookup::HostWithStore<T> for P3Door {
    async fn resolve_addresses(
        store: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<Vec<IpAddress>, ErrorCode>> {
        let result = match store.with(|mut access| access.get().look_up(&name)) {
            Lookup::Done(result) => result,
            Lookup::UnderWay(lookup) => lookup.await,
        };
        Ok(match result {
            Ok(answer) => Ok(answer.iter().map(IpAddress::from).collect()),
            Err(error) => Err(to_p3(&error)),
        })
    }
}

impl ip_name_lookup::Host for DnsCtx {}
