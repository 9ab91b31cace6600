//! Open, read and close of a virtual file, against the same bytes in a granted folder.

use crate::guest;
use crate::pairs::Pairs;
use warpgrid_host::instance::{Folder, InstanceOptions, Outcome, Stdio};
use warpgrid_host::{AppConfig, Application, ShimConfig, WarpGridEngine};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

const NAME: &str = "virtual file / the same in a granted folder, open + read + close";

pub(super) fn run(rounds: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let engine = WarpGridEngine::new(ShimConfig::default()).unwrap();
    let application = engine.load_module(&guest("bench_files"), AppConfig::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let once = |path: &str| runtime.block_on(nanoseconds(&application, folder.path(), &["read", path]));
    let text = runtime.block_on(output(&application, folder.path(), &["print", "/etc/hosts"]));
    std::fs::write(folder.path().join("hosts"), text).unwrap();
    let mut pairs = Pairs { ours: Vec::new(), other: Vec::new() };
    for round in 0..=rounds {
        let (ours, other);
        if round % 2 == 0 {
            ours = once("/etc/hosts");
            other = once("/data/hosts");
        } else {
            other = once("/data/hosts");
            ours = once("/etc/hosts");
        }
        if round > 0 {
            pairs.ours.push(ours);
            pairs.other.push(other);
        }
    }
    pairs.print(NAME);
}

async fn nanoseconds(application: &Application, folder: &std::path::Path, arguments: &[&str]) -> f64 {
    let text = output(application, folder, arguments).await;
    text.trim().parse().unwrap()
}

/// What the guest prints.
async fn output(application: &Application, folder: &std::path::Path, arguments: &[&str]) -> String {
    let output = MemoryOutputPipe::new(1 << 20);
    let options = InstanceOptions {
        arguments: std::iter::once("guest").chain(arguments.iter().copied()).map(str::to_owned).collect(),
        folders: vec![Folder { host: folder.to_owned(), guest: "/data".to_owned(), read_only: true }],
        stdio: Stdio::Streams { input: None, output: Some(Box::new(output.clone())), error: None },
        ..InstanceOptions::default()
    };
    let outcome = application.instantiate(options).run().await;
    assert!(matches!(outcome, Ok(Outcome::Exited(0))), "{outcome:?}");
    String::from_utf8(output.contents().to_vec()).unwrap()
}
