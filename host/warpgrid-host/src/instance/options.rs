//! What an instance is given by the embedder; grants nothing by default and opens nothing.

use std::fmt;
use std::path::PathBuf;
use wasmtime_wasi::cli::{StdinStream, StdoutStream};

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
    /// Where the guest sees empty folders of its own. It may write them; they are removed at its end.
    pub scratch: Vec<String>,
    /// Where on the host such folders are made. Default the system's place for temporary files.
    pub scratch_parent: Option<PathBuf>,
    /// The standard streams.
    pub stdio: Stdio,
    /// The services of the application that this instance's work has passed through before it began, for an
    /// embedder that answers a request by running a command. Default 0.
    pub hops: u32,
}

impl fmt::Debug for InstanceOptions {
    /// Names variables without their values: they may be secrets.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.environment.iter().map(|(name, _)| name).collect();
        out.debug_struct("InstanceOptions")
            .field("arguments", &self.arguments.len())
            .field("environment", &names)
            .field("folders", &self.folders)
            .field("scratch", &self.scratch)
            .finish_non_exhaustive()
    }
}
