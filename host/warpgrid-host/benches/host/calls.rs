//! A call from a guest to the host with a text as argument: of a shim, and of a bare function of the same type.

use crate::instances::start;
use crate::pairs::take;
use crate::plain::PlainCommand;
use warpgrid_host::{AppConfig, ShimConfig, WarpGridEngine};

const CALLS: u32 = 100_000;

/// A command that calls `is-virtual` of `interface` many times.
fn caller(interface: &str) -> Vec<u8> {
    let text = format!(
        r#"(component
            (import "{interface}" (instance $host
                (export "is-virtual" (func (param "path" string) (result bool)))))
            (core module $memory-module (memory (export "memory") 1) (data (i32.const 16) "/data/file"))
            (core instance $memory (instantiate $memory-module))
            (core func $is-virtual (canon lower (func $host "is-virtual") (memory (core memory $memory "memory"))))
            (core module $module
                (import "host" "is-virtual" (func $is-virtual (param i32 i32) (result i32)))
                (func (export "run") (result i32) (local $left i32)
                    (local.set $left (i32.const {CALLS}))
                    (loop $more
                        (drop (call $is-virtual (i32.const 16) (i32.const 10)))
                        (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
                    (i32.const 0)))
            (core instance $functions (export "is-virtual" (func $is-virtual)))
            (core instance $instance (instantiate $module (with "host" (instance $functions))))
            (func $run (result (result)) (canon lift (core func $instance "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#
    );
    wat::parse_str(text).unwrap()
}

pub(super) fn run(rounds: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let engine = WarpGridEngine::new(ShimConfig::default()).unwrap();
    let shim = caller("warpgrid:shim/filesystem@0.1.0");
    let ours = engine.load_module(&shim, AppConfig::default()).unwrap();
    let other = PlainCommand::new(engine.wasmtime(), &caller("bench:bare/filesystem"), |linker| {
        let mut bare = linker.instance("bench:bare/filesystem").unwrap();
        bare.func_wrap("is-virtual", |_, (path,): (String,)| Ok((path.is_empty(),))).unwrap();
    });
    let mut pairs = runtime.block_on(take(rounds, 5, || start(&ours), || other.run()));
    for time in pairs.ours.iter_mut().chain(&mut pairs.other) {
        *time /= f64::from(CALLS);
    }
    pairs.print("hostcall of a shim / a bare function of the same type");
}
