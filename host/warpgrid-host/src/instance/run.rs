//! One run of a command, from its store to its end; knows no other instance.

use super::cpu::Metered;
use super::facts::{InstanceFacts, InstanceId};
use super::options::InstanceOptions;
use super::outcome::{Outcome, RunError, ended_in};
use crate::application::{Application, GuestPre};
use std::sync::Arc;

/// An instance that is ready to run.
pub struct Instance<'a> {
    application: &'a Application,
    facts: Arc<InstanceFacts>,
    options: InstanceOptions,
}

impl<'a> Instance<'a> {
    pub(crate) fn new(
        application: &'a Application,
        facts: Arc<InstanceFacts>,
        options: InstanceOptions,
    ) -> Self {
        Self { application, facts, options }
    }

    /// Its number, for the delivery of signals and for logs.
    pub fn id(&self) -> InstanceId {
        self.facts.id
    }

    /// What the shims know of it.
    pub fn facts(&self) -> &Arc<InstanceFacts> {
        &self.facts
    }

    /// Runs the guest to its end. Everything it held is released when this returns, or is dropped.
    ///
    /// The guest gives way to other tasks at every tick of the engine.
    ///
    /// # Errors
    /// [`RunError`] when the guest trapped, reached a limit, could not start, or is no command.
    pub async fn run(self) -> Result<Outcome, RunError> {
        let Self { application, facts, options } = self;
        let mut store = application.store(facts, options)?;
        let meter = store.data().cpu.clone();
        let result = match &application.guest {
            GuestPre::CommandP2(command) => {
                let run = async {
                    let command = command.instantiate_async(&mut store).await?;
                    command.wasi_cli_run().call_run(&mut store).await
                };
                Metered::new(meter, run).await
            }
            GuestPre::CommandP3(command) => {
                let run = async {
                    let command = command.instantiate_async(&mut store).await?;
                    store.run_concurrent(async |store| command.wasi_cli_run().call_run(store).await).await?
                };
                Metered::new(meter, run).await
            }
            GuestPre::HttpP2(_) | GuestPre::HttpP3(_) => return Err(RunError::NotCommand),
        };
        match result {
            Ok(Ok(())) => Ok(Outcome::Exited(0)),
            Ok(Err(())) => Ok(Outcome::Exited(1)),
            Err(error) => ended_in(store.data(), error),
        }
    }
}
