//! Builds guests from text and runs them; knows no case.

use std::path::Path;
use std::sync::Arc;
use warpgrid_grants::refusal::Reason;
use warpgrid_host::application::LoadError;
use warpgrid_host::engine::{EngineError, EngineOptions};
use warpgrid_host::instance::{Folder, InstanceFacts, InstanceOptions, Outcome, RunError, Stdio};
use warpgrid_host::{AppConfig, ShimConfig, WarpConfig, WarpGridEngine};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const ASYNC_COMMAND: &str = "
    package wasi:cli@0.3.0;
    interface run { run: async func() -> result; }
    world command { export run; }
";

fn text(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/host/guests");
    let read = |name: &str| std::fs::read_to_string(folder.join(format!("{name}.wat"))).unwrap();
    read(name).replace("  ;; prelude\n", &read("prelude"))
}

/// A core module with the description of its imports and exports embedded.
pub(crate) fn module(name: &str) -> Vec<u8> {
    let mut module = wat::parse_str(text(name)).unwrap();
    let mut resolve = Resolve::default();
    let (package, world) = if name == "async-command" {
        (resolve.push_str("cli.wit", ASYNC_COMMAND).unwrap(), "command")
    } else {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/warpgrid");
        let (package, _) = resolve.push_dir(wit).unwrap();
        (package, if name == "fallback" { "fallback" } else { "imports" })
    };
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}

/// A component without Preview 1, such as the fallback.
pub(crate) fn plain_component(name: &str) -> Vec<u8> {
    ComponentEncoder::default().module(&module(name)).unwrap().validate(true).encode().unwrap()
}

/// A guest program of `tests/guests`, built for wasm32-wasip2.
pub(crate) fn guest(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("WARPGRID_GUESTS").expect(
        "WARPGRID_GUESTS must name the folder of built guests: run `cargo xtask ci --only guests-rust`",
    );
    let path = Path::new(&folder).join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}

/// Whether the guests of a language could be built on this machine; prints why not, which the report shows.
#[expect(clippy::print_stdout, reason = "the line makes the row of the report a skipped one")]
pub(crate) fn is_built(language: &str) -> bool {
    let folder = std::env::var_os("WARPGRID_GUESTS").unwrap_or_default();
    let reason = std::fs::read_to_string(Path::new(&folder).join(format!("{language}.skipped")));
    if let Ok(reason) = &reason {
        println!("skipped: {reason}");
    }
    reason.is_err()
}

/// How a guest ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) outcome: Result<Outcome, RunError>,
    pub(crate) output: Vec<u8>,
}

impl Ran {
    pub(crate) fn text(&self) -> String {
        assert!(matches!(self.outcome, Ok(Outcome::Exited(0))), "{:?}", self.outcome);
        String::from_utf8(self.output.clone()).unwrap()
    }
}

/// An engine with room for the few instances of a test: a whole engine's room is terabytes of addresses, and
/// tests make many at once. What they compile is kept, since most guests are loaded by many tests.
pub(crate) fn engine(config: ShimConfig) -> Result<WarpGridEngine, EngineError> {
    let code_cache = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"));
    WarpGridEngine::with_options(
        config,
        &EngineOptions { max_instances: 128, code_cache, ..Default::default() },
    )
}

/// The configuration and the application's part of a `warp.toml`.
pub(crate) fn config(toml: &str) -> (ShimConfig, AppConfig) {
    let (config, _) = WarpConfig::parse(toml, Path::new("warp.toml")).unwrap();
    let app = config.app_config("", Path::new("")).unwrap();
    (config.shims, app)
}

pub(crate) fn load(bytes: &[u8], toml: &str) -> Result<warpgrid_host::Application, LoadError> {
    let (shims, app) = config(toml);
    crate::harness::engine(shims).unwrap().load_module(bytes, app)
}

pub(crate) async fn run_with(
    application: &warpgrid_host::Application,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Ran {
    run_watched(application, arguments, environment, |_| ()).await.0
}

/// As [`run_with`]; `before` sees what the shims know before the guest starts, the caller after it has ended.
pub(crate) async fn run_watched(
    application: &warpgrid_host::Application,
    arguments: &[&str],
    environment: &[(&str, &str)],
    before: impl FnOnce(&InstanceFacts),
) -> (Ran, Arc<InstanceFacts>) {
    let output = MemoryOutputPipe::new(16 << 20);
    let options = InstanceOptions {
        arguments: std::iter::once("guest").chain(arguments.iter().copied()).map(str::to_owned).collect(),
        environment: environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        stdio: Stdio::Streams { input: None, output: Some(Box::new(output.clone())), error: None },
        ..InstanceOptions::default()
    };
    let instance = application.instantiate(options);
    let facts = instance.facts().clone();
    before(&facts);
    let outcome = instance.run().await;
    (Ran { outcome, output: output.contents().to_vec() }, facts)
}

/// A guest that ended, and what it was refused: subject and reason.
pub(crate) struct RanWithFolders {
    pub(crate) ran: Ran,
    pub(crate) refusals: Vec<(String, Reason)>,
}

/// Runs a guest with folders, real and scratch.
pub(crate) async fn run_with_folders(
    application: &warpgrid_host::Application,
    arguments: &[&str],
    folders: Vec<Folder>,
    scratch: &[&str],
) -> RanWithFolders {
    let output = MemoryOutputPipe::new(64 << 20);
    let options = InstanceOptions {
        arguments: std::iter::once("guest").chain(arguments.iter().copied()).map(str::to_owned).collect(),
        folders,
        scratch: scratch.iter().map(|path| (*path).to_owned()).collect(),
        stdio: Stdio::Streams { input: None, output: Some(Box::new(output.clone())), error: None },
        ..InstanceOptions::default()
    };
    let instance = application.instantiate(options);
    let facts = instance.facts().clone();
    let outcome = instance.run().await;
    let refusals = facts.refusals.newest().into_iter().map(|refusal| (refusal.subject, refusal.reason));
    let refusals = refusals.collect();
    RanWithFolders { ran: Ran { outcome, output: output.contents().to_vec() }, refusals }
}

/// Loads and runs a guest with the configuration of a `warp.toml`.
pub(crate) async fn run(name: &str, toml: &str, arguments: &[&str]) -> Ran {
    let application = load(&module(name), toml).unwrap();
    run_with(&application, arguments, &[]).await
}
