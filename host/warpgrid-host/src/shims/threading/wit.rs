//! The door `warpgrid:shim/threading`: translates types, decides nothing.

use super::ThreadingCtx;
use crate::bindings::warpgrid::shim::threading as wit;
use crate::instance::InstanceState;
use crate::shim::linked;
use warpgrid_grants::threading::ThreadingModel;
use wasmtime::component::{HasData, Linker};

struct ThreadingDoor;

impl HasData for ThreadingDoor {
    type Data<'a> = &'a mut ThreadingCtx;
}

pub(super) fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    wit::add_to_linker::<_, ThreadingDoor>(linker, view)
}

fn view(state: &mut InstanceState) -> &mut ThreadingCtx {
    linked(&mut state.shims.threading)
}

impl wit::Host for ThreadingCtx {
    fn declare_threading_model(
        &mut self,
        model: wit::ThreadingModel,
    ) -> wasmtime::Result<Result<(), wit::ThreadingError>> {
        let model = match model {
            wit::ThreadingModel::ParallelRequired => ThreadingModel::ParallelRequired,
            wit::ThreadingModel::Cooperative => ThreadingModel::Cooperative,
        };
        Ok(self.declare(model).map_err(|_| wit::ThreadingError::AlreadyDeclared))
    }
}
