//! Runs a built guest with folders, an environment and both outputs kept; knows no case.

use crate::harness::{guest, load};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use warpgrid_host::Application;
use warpgrid_host::instance::{Folder, InstanceOptions, Outcome, RunError, Stdio};
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};

type Loaded = Arc<OnceLock<Application>>;

/// Guests that were loaded, by name and configuration: a Go program takes seconds to compile.
static LOADED: LazyLock<Mutex<HashMap<(String, String), Loaded>>> = LazyLock::new(Mutex::default);

/// What a guest is given.
#[derive(Default)]
pub(crate) struct Setup<'a> {
    pub(crate) toml: &'a str,
    pub(crate) arguments: &'a [&'a str],
    pub(crate) environment: &'a [(&'a str, &'a str)],
    pub(crate) folders: Vec<Folder>,
    pub(crate) input: &'a str,
}

/// How a guest ended, and what it wrote.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: Result<Outcome, RunError>,
    pub(crate) output: String,
    pub(crate) error: String,
}

impl Setup<'_> {
    /// Runs a guest of `$WARPGRID_GUESTS`.
    pub(crate) async fn run(self, name: &str) -> Ended {
        let key = (name.to_owned(), self.toml.to_owned());
        let loaded = LOADED.lock().unwrap().entry(key).or_default().clone();
        let application = loaded.get_or_init(|| load(&guest(name), self.toml).unwrap());
        self.run_on(application, name).await
    }

    /// Runs a guest that is loaded, without a look at `toml`.
    pub(crate) async fn run_on(self, application: &Application, name: &str) -> Ended {
        let (output, error) = (MemoryOutputPipe::new(1 << 20), MemoryOutputPipe::new(1 << 20));
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let options = InstanceOptions {
            arguments: texts(&[&[name], self.arguments].concat()),
            environment: self.environment.iter().map(|&(k, v)| (k.to_owned(), v.to_owned())).collect(),
            folders: self.folders,
            stdio: Stdio::Streams {
                input: Some(Box::new(MemoryInputPipe::new(self.input.to_owned()))),
                output: Some(Box::new(output.clone())),
                error: Some(Box::new(error.clone())),
            },
            ..InstanceOptions::default()
        };
        let outcome = application.instantiate(options).run().await;
        let text = |pipe: MemoryOutputPipe| String::from_utf8(pipe.contents().to_vec()).unwrap();
        Ended { outcome, output: text(output), error: text(error) }
    }
}

impl Ended {
    /// What it printed, if it ended well.
    pub(crate) fn text(self) -> String {
        assert!(matches!(self.outcome, Ok(Outcome::Exited(0))), "{self:?}");
        self.output
    }
}
