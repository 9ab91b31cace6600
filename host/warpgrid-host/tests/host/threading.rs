//! The declaration of a threading model.

use crate::harness::{guest, load};
use crate::logs;
use std::sync::Arc;
use warpgrid_grants::threading::ThreadingModel::{self, Cooperative, ParallelRequired};
use warpgrid_host::instance::{InstanceFacts, InstanceOptions, Outcome, Stdio};
use warpgrid_host::shim::Shim;
use warpgrid_host::shims::threading::{AlreadyDeclared, Threading, ThreadingCtx};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

/// What an instance owns of the shim, without a guest.
fn prepared() -> (Arc<InstanceFacts>, ThreadingCtx) {
    let application = load(&guest("engine_plain"), "").unwrap();
    let facts = application.instantiate(InstanceOptions::default()).facts().clone();
    let ctx = Threading::prepare(&Arc::new(()), &facts);
    (facts, ctx)
}

/// What the guest printed, and the model that the host knows after it ended.
async fn declare(models: &[&str]) -> (String, Option<ThreadingModel>, String) {
    let application = load(&guest("threading_declare"), "").unwrap();
    let output = MemoryOutputPipe::new(4096);
    let arguments = std::iter::once(&"guest").chain(models).map(|text| (*text).to_owned()).collect();
    let stdio = Stdio::Streams { input: None, output: Some(Box::new(output.clone())), error: None };
    let instance = application.instantiate(InstanceOptions { arguments, stdio, ..Default::default() });
    let facts = instance.facts().clone();
    assert_eq!(instance.run().await.unwrap(), Outcome::Exited(0));
    let text = String::from_utf8(output.contents().to_vec()).unwrap();
    (text, facts.threading.get().copied(), application.config().metrics.text())
}

#[test]
fn declaring_cooperative_stores_it_without_a_warning() {
    let (logs, _guard) = logs::capture();
    let (facts, mut ctx) = prepared();
    assert_eq!(facts.threading.get(), None);
    assert_eq!(ctx.declare(Cooperative), Ok(()));
    assert_eq!(facts.threading.get(), Some(&Cooperative));
    assert!(logs.lines_with("WARN").is_empty(), "{}", logs.text());
}

#[test]
fn declaring_parallel_required_stores_it_and_warns() {
    let (logs, _guard) = logs::capture();
    let (facts, mut ctx) = prepared();
    assert_eq!(ctx.declare(ParallelRequired), Ok(()));
    assert_eq!(facts.threading.get(), Some(&ParallelRequired));
    let warnings = logs.lines_with("WARN");
    assert_eq!(warnings.len(), 1, "{}", logs.text());
    assert!(warnings[0].contains("does not support yet: it runs cooperatively"), "{}", warnings[0]);
}

#[test]
fn a_second_declaration_is_an_error_and_changes_nothing() {
    for (first, second) in [(Cooperative, ParallelRequired), (ParallelRequired, ParallelRequired)] {
        let (facts, mut ctx) = prepared();
        ctx.declare(first).unwrap();
        assert_eq!(ctx.declare(second), Err(AlreadyDeclared { declared: first }));
        assert_eq!(facts.threading.get(), Some(&first));
    }
}

#[tokio::test]
async fn a_guest_that_declares_cooperative_goes_on() {
    let (logs, _guard) = logs::capture();
    let (text, model, metrics) = declare(&["cooperative"]).await;
    assert_eq!((text.as_str(), model), ("declared\n5050\n", Some(Cooperative)));
    assert!(logs.lines_with("WARN").is_empty(), "{}", logs.text());
    assert!(metrics.contains("warpgrid_threading_models_total{model=\"cooperative\"} 1"), "{metrics}");
}

#[tokio::test]
async fn a_guest_that_requires_parallel_threads_goes_on_with_a_warning_in_the_log() {
    let (logs, _guard) = logs::capture();
    let (text, model, metrics) = declare(&["parallel-required"]).await;
    assert_eq!((text.as_str(), model), ("declared\n5050\n", Some(ParallelRequired)));
    let warnings = logs.lines_with("the guest requires parallel threads");
    assert!(warnings.len() == 1 && warnings[0].contains("WARN"), "{}", logs.text());
    assert!(metrics.contains("warpgrid_threading_models_total{model=\"parallel-required\"} 1"), "{metrics}");
}

#[tokio::test]
async fn a_guest_that_declares_twice_gets_the_error_and_goes_on() {
    let (text, model, metrics) = declare(&["parallel-required", "cooperative"]).await;
    assert_eq!((text.as_str(), model), ("declared\nalready declared\n5050\n", Some(ParallelRequired)));
    assert!(!metrics.contains("model=\"cooperative\""), "{metrics}");
}

#[tokio::test]
async fn a_guest_that_declares_nothing_has_no_model() {
    let (text, model, _) = declare(&[]).await;
    assert_eq!((text.as_str(), model), ("5050\n", None));
}
