//! One run of an application: its store and what it may touch; knows no other instance.

use crate::application::{Application, CommandPre};
use crate::shim::InstanceShims;
use std::fmt;
use std::path::PathBuf;
use wasmtime::component::ResourceTable;
use wasmtime::{Store, Trap, WasmBacktrace};
use wasmtime_wasi::cli::{StdinStream, StdoutStream};
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// What the shims may know of an instance.
pub struct InstanceFacts {
    /// The application's name.
    pub name: String,
    /// The arguments, the program's name first.
    pub arguments: Vec<String>,
    /// The environment.
    pub environment: Vec<(String, String)>,
}

/// A folder of the host that a guest sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where it is on the host.
    pub host: PathBuf,
    /// Where the guest sees it.
    pub guest: String,
    /// Whether the guest may only read.
    pub read_only: bool,
}

/// The standard streams of a guest.
#[derive(Default)]
pub enum Stdio {
    /// Nothing to read, and what is written is lost.
    #[default]
    Closed,
    /// Those of this process.
    Inherit,
    /// The embedder's own. None is closed.
    Streams {
        /// Standard input.
        input: Option<Box<dyn StdinStream + Sync>>,
        /// Standard output.
        output: Option<Box<dyn StdoutStream + Sync>>,
        /// Standard error.
        error: Option<Box<dyn StdoutStream + Sync>>,
    },
}

/// What an instance is given. The default grants nothing.
#[derive(Default)]
pub struct InstanceOptions {
    /// The arguments, the program's name first.
    pub arguments: Vec<String>,
    /// The environment, all of it: nothing of this process's environment is added.
    pub environment: Vec<(String, String)>,
    /// Folders of the host.
    pub folders: Vec<Folder>,
    /// The standard streams.
    pub stdio: Stdio,
}

impl fmt::Debug for InstanceOptions {
    /// Names variables without their values: they may be secrets.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.environment.iter().map(|(name, _)| name).collect();
        out.debug_struct("InstanceOptions")
            .field("arguments", &self.arguments.len())
            .field("environment", &names)
            .field("folders", &self.folders)
            .finish_non_exhaustive()
    }
}

/// How a guest ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It returned, or called exit, with this code.
    Exited(i32),
}

/// Why a guest did not end by itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A folder of the host could not be opened.
    #[error("cannot open the folder `{}` for the guest", folder.host.display())]
    Folder {
        /// The folder.
        folder: Folder,
        /// What the system said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The guest did what no guest may do, and was ended.
    #[error("the guest trapped: {trap}")]
    Trap {
        /// What it did.
        trap: String,
        /// Where, innermost function first; empty when unknown.
        frames: Vec<String>,
    },
    /// The host ended the guest.
    #[error("the host ended the guest")]
    Host(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a store holds: everything of one instance.
pub struct InstanceState {
    wasi: WasiCtx,
    pub(crate) table: ResourceTable,
    pub(crate) shims: InstanceShims,
}

impl WasiView for InstanceState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// An instance that is ready to run.
pub struct Instance<'a> {
    application: &'a Application,
    shims: InstanceShims,
    options: InstanceOptions,
}

impl<'a> Instance<'a> {
    pub(crate) fn new(application: &'a Application, shims: InstanceShims, options: InstanceOptions) -> Self {
        Self { application, shims, options }
    }

    /// Runs the guest to its end. Everything it held is released when this returns, or is dropped.
    ///
    /// # Errors
    /// [`RunError`] when the guest trapped or could not start.
    pub async fn run(self) -> Result<Outcome, RunError> {
        let Self { application, shims, options } = self;
        let wasi = wasi(options)?;
        let state = InstanceState { wasi, table: ResourceTable::new(), shims };
        let result = match &application.command {
            CommandPre::P2(command) => {
                let mut store = Store::new(command.engine(), state);
                async {
                    let command = command.instantiate_async(&mut store).await?;
                    command.wasi_cli_run().call_run(&mut store).await
                }
                .await
            }
            CommandPre::P3(command) => {
                let mut store = Store::new(command.engine(), state);
                async {
                    let command = command.instantiate_async(&mut store).await?;
                    store.run_concurrent(async |store| command.wasi_cli_run().call_run(store).await).await?
                }
                .await
            }
        };
        match result {
            Ok(Ok(())) => Ok(Outcome::Exited(0)),
            Ok(Err(())) => Ok(Outcome::Exited(1)),
            Err(error) => ended(error),
        }
    }
}

/// Sorts out why a call into the guest did not return.
fn ended(error: wasmtime::Error) -> Result<Outcome, RunError> {
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Ok(Outcome::Exited(exit.0));
    }
    let Some(trap) = error.downcast_ref::<Trap>() else { return Err(RunError::Host(error.into())) };
    let frames = error.downcast_ref::<WasmBacktrace>().map_or_else(Vec::new, |backtrace| {
        let name = |frame: &wasmtime::FrameInfo| match frame.func_name() {
            Some(name) => name.to_owned(),
            None => format!("function {}", frame.func_index()),
        };
        backtrace.frames().iter().map(name).collect()
    });
    let trap = trap.to_string();
    Err(RunError::Trap { trap: trap.trim_start_matches("wasm trap: ").to_owned(), frames })
}

fn wasi(options: InstanceOptions) -> Result<WasiCtx, RunError> {
    let mut wasi = WasiCtxBuilder::new();
    wasi.args(&options.arguments).envs(&options.environment);
    for folder in options.folders {
        let perms = if folder.read_only { FsPerms::ReadOnly } else { FsPerms::ReadWrite };
        if let Err(error) = wasi.preopened_dir(&folder.host, &folder.guest, perms) {
            return Err(RunError::Folder { folder, source: error.into() });
        }
    }
    match options.stdio {
        Stdio::Closed => {}
        Stdio::Inherit => {
            wasi.inherit_stdio();
        }
        Stdio::Streams { input, output, error } => {
            if let Some(input) = input {
                wasi.stdin(input);
            }
            if let Some(output) = output {
                wasi.stdout(output);
            }
            if let Some(error) = error {
                wasi.stderr(error);
            }
        }
    }
    Ok(wasi.build())
}
