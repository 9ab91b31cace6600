//! The door `warpgrid:shim/signals`: translates types and handles, decides nothing.

use super::SignalsCtx;
use super::mailbox::Mailbox;
use crate::bindings::warpgrid::shim::signals as wit;
use crate::instance::InstanceState;
use crate::shim::linked;
use std::sync::Arc;
use warpgrid_grants::signals::SignalType;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

struct SignalsDoor;

/// Borrowed access to what the door needs of an instance.
pub(super) struct SignalsView<'a> {
    ctx: &'a mut SignalsCtx,
    table: &'a mut ResourceTable,
}

impl HasData for SignalsDoor {
    type Data<'a> = SignalsView<'a>;
}

pub(super) fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    wit::add_to_linker::<_, SignalsDoor>(linker, view)
}

fn view(state: &mut InstanceState) -> SignalsView<'_> {
    let ctx = linked(&mut state.shims.signals);
    SignalsView { ctx, table: &mut state.table }
}

/// Is ready while a signal waits.
struct SignalWaits(Arc<Mailbox>);

#[async_trait]
impl Pollable for SignalWaits {
    async fn ready(&mut self) {
        self.0.holds_one().await;
    }
}

impl wit::Host for SignalsView<'_> {
    fn on_signal(&mut self, signal: wit::SignalType) -> wasmtime::Result<()> {
        self.ctx.mailbox.ask(match signal {
            wit::SignalType::Terminate => SignalType::Terminate,
            wit::SignalType::Hangup => SignalType::Hangup,
            wit::SignalType::Interrupt => SignalType::Interrupt,
        });
        Ok(())
    }

    fn poll_signal(&mut self) -> wasmtime::Result<Option<wit::SignalType>> {
        Ok(self.ctx.mailbox.take().map(|signal| match signal {
            SignalType::Terminate => wit::SignalType::Terminate,
            SignalType::Hangup => wit::SignalType::Hangup,
            SignalType::Interrupt => wit::SignalType::Interrupt,
        }))
    }

    fn subscribe(&mut self) -> wasmtime::Result<Resource<DynPollable>> {
        let waits = self.table.push(SignalWaits(self.ctx.mailbox.clone()))?;
        subscribe(self.table, waits)
    }
}
