//! An attacker, and beside it a guest that wants to be answered; knows no limit.

use super::own_process::resident;
use crate::harness::{Ran, guest};
use std::sync::Arc;
use std::time::{Duration, Instant};
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::refusal::{Capability, Reason};
use warpgrid_host::instance::{InstanceOptions, Outcome, RunError, Stdio};
use warpgrid_host::{AppConfig, Application, ShimConfig, WarpGridEngine};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

/// What the host may need for a guest besides the guest's own memory.
pub(super) const HOST_BYTES: usize = 16 << 20;

/// How much longer the other guest may take, generously: these tests share two processors with others.
const SLOWER: u32 = 8;
const SLACK: Duration = Duration::from_secs(2);

/// How an attack went.
pub(super) struct Attacked {
    pub(super) ran: Ran,
    pub(super) refusals: Vec<(Capability, String, Reason)>,
    /// Bytes in memory at its height, and when it was over, more than before.
    pub(super) height: usize,
    pub(super) left: usize,
}

impl Attacked {
    pub(super) fn error(&self) -> &RunError {
        self.ran.outcome.as_ref().expect_err("the attacker is ended")
    }

    pub(super) fn is_refused(&self, subject: &str) {
        let wanted = (Capability::Resource, subject.to_owned(), Reason::Limit);
        assert_eq!(self.refusals, [wanted]);
    }

    /// The host's own share stays small, during and after.
    pub(super) fn is_cheap(&self, guest_bytes: usize) {
        assert!(self.height <= guest_bytes + HOST_BYTES, "{} bytes at its height", self.height);
        assert!(self.left <= HOST_BYTES, "{} bytes are left", self.left);
    }
}

/// An engine with the defaults.
pub(super) fn engine() -> WarpGridEngine {
    crate::harness::engine(ShimConfig::default()).unwrap()
}

/// A guest program with limits.
pub(super) fn application(engine: &WarpGridEngine, bytes: &[u8], limits: GuestLimits) -> Arc<Application> {
    let config = AppConfig { limits, ..AppConfig::default() };
    Arc::new(engine.load_module(bytes, config).unwrap())
}

/// Runs a guest and gives what was refused to it.
pub(super) async fn run(
    application: &Application,
    arguments: &[&str],
) -> (Ran, Vec<(Capability, String, Reason)>) {
    let output = MemoryOutputPipe::new(1 << 20);
    let options = InstanceOptions {
        arguments: std::iter::once("guest").chain(arguments.iter().copied()).map(str::to_owned).collect(),
        stdio: Stdio::Streams { input: None, output: Some(Box::new(output.clone())), error: None },
        ..InstanceOptions::default()
    };
    let instance = application.instantiate(options);
    let facts = instance.facts().clone();
    let outcome = instance.run().await;
    let refusals = facts.refusals.newest().into_iter();
    let refusals = refusals.map(|refusal| (refusal.capability, refusal.subject, refusal.reason)).collect();
    (Ran { outcome, output: output.contents().to_vec() }, refusals)
}

/// Runs the attacker on one thread of two; another guest must be answered meanwhile.
pub(super) fn attack(program: &str, arguments: &'static [&'static str], limits: GuestLimits) -> Attacked {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let engine = engine();
    let attacker = application(&engine, &guest(program), limits);
    let other = application(&engine, &guest("limits_answer"), GuestLimits::default());
    runtime.block_on(async {
        // What is made once, and is no part of the attack.
        let mut undisturbed = Duration::MAX;
        for _ in 0..3 {
            undisturbed = undisturbed.min(answer(&other).await);
        }
        let before = resident();
        let attack = tokio::spawn(async move { run(&attacker, arguments).await });
        let mut height = 0;
        loop {
            let disturbed = answer(&other).await;
            let bound = undisturbed * SLOWER + SLACK;
            assert!(disturbed <= bound, "{disturbed:?} instead of {undisturbed:?}");
            height = height.max(resident().saturating_sub(before));
            if attack.is_finished() {
                break;
            }
        }
        let (ran, refusals) = attack.await.unwrap();
        let left = resident().saturating_sub(before);
        Attacked { ran, refusals, height, left }
    })
}

async fn answer(other: &Arc<Application>) -> Duration {
    let other = other.clone();
    let start = Instant::now();
    let (ran, _) = tokio::spawn(async move { run(&other, &[]).await }).await.unwrap();
    assert!(matches!(ran.outcome, Ok(Outcome::Exited(0))), "{:?}", ran.outcome);
    assert!(!ran.text().is_empty());
    start.elapsed()
}
