//! The door at `wasi:io/poll`: one look sees every socket that is ready; decides nothing.
//!
//! tokio gives a task a budget of about 128 looks at its sockets before it must give way. A guest that waits
//! for more of them starts each look at the front of its list, uses the budget up there, and never sees the
//! rest. So a look is taken outside of that budget. That the guest gives way is the engine's business: it
//! does at each tick.

use crate::instance::InstanceState;
use tokio::task::unconstrained;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::io::poll::{self, Host, HostPollable};

struct PollDoor;

impl HasData for PollDoor {
    type Data<'a> = PollView<'a>;
}

struct PollView<'a>(&'a mut ResourceTable);

pub(super) fn intercept(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    poll::add_to_linker::<_, PollDoor>(linker, |state| PollView(&mut state.table))
}

impl Host for PollView<'_> {
    async fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        unconstrained(self.0.poll(pollables)).await
    }
}

impl HostPollable for PollView<'_> {
    async fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        self.0.block(pollable).await
    }

    async fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        unconstrained(self.0.ready(pollable)).await
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        HostPollable::drop(self.0, pollable)
    }
}
