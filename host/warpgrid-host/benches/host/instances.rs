//! Starting an instance that does nothing and ends, and what an idle one weighs.

use crate::guest;
use crate::pairs::take;
use crate::plain::PlainCommand;
use futures::future::join_all;
use std::time::Duration;
use warpgrid_host::instance::{InstanceOptions, Outcome};
use warpgrid_host::{AppConfig, Application, ShimConfig, WarpGridEngine};

const STARTS: usize = 500;
const IDLE: usize = 500;

/// A program of Rust that does nothing: it imports what `std` needs, and starts as any other.
pub(super) fn run(rounds: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (name, shims) in [
        ("instantiate, every shim on / plain wasmtime-wasi", ShimConfig::default()),
        ("instantiate, every shim off / plain wasmtime-wasi", ShimConfig::none()),
    ] {
        let engine = WarpGridEngine::new(shims).unwrap();
        let bytes = guest("bench_nothing");
        let ours = engine.load_module(&bytes, AppConfig::default()).unwrap();
        let other = PlainCommand::new(engine.wasmtime(), &bytes, |_| ());
        runtime.block_on(take(rounds, STARTS, || start(&ours), || other.run())).print(name);
    }
}

pub(super) async fn start(application: &Application) {
    let outcome = application.instantiate(InstanceOptions::default()).run().await.unwrap();
    assert_eq!(outcome, Outcome::Exited(0));
}

/// Bytes of one instance that waits, its own memory included.
pub(super) fn density() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let engine = WarpGridEngine::new(ShimConfig::default()).unwrap();
    let application = engine.load_module(&guest("bench_nothing"), AppConfig::default()).unwrap();
    let options = || InstanceOptions {
        arguments: ["guest", "sleep"].map(str::to_owned).to_vec(),
        ..InstanceOptions::default()
    };
    runtime.block_on(start(&application));
    let (before, after) = runtime.block_on(async {
        let before = resident();
        let mut idle = Box::pin(join_all((0..IDLE).map(|_| application.instantiate(options()).run())));
        let _ = tokio::time::timeout(Duration::from_secs(3), &mut idle).await.expect_err("all of them sleep");
        (before, resident())
    });
    #[expect(clippy::cast_precision_loss, reason = "bytes below 2^52")]
    let each = after.saturating_sub(before) as f64 / IDLE as f64;
    println!(r#"{{"name":"an idle instance","unit":"bytes","ours":[{each:?}],"other":[153600.0]}}"#);
}

fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}
