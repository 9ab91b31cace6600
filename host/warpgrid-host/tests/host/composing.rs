//! One file for both worlds: composed components, with and without the real shims.

use crate::harness::{load, module, plain_component, run_with};
use warpgrid_host::adapt::to_component;
use warpgrid_host::compose::{Parts, shim_imports, take_apart, with_fallback};
use warpgrid_host::instance::Outcome;

const DB: &str = "[registry]\n'db.warp.local' = '10.0.0.5'\n";

fn composed(name: &str) -> Vec<u8> {
    let application = to_component(&module(name)).unwrap().into_owned();
    with_fallback(&application, &plain_component("fallback")).unwrap().unwrap()
}

#[test]
fn the_application_lies_in_the_composed_file_byte_for_byte() {
    let application = to_component(&module("both")).unwrap().into_owned();
    let fallback = plain_component("fallback");
    let composed = with_fallback(&application, &fallback).unwrap().unwrap();
    let parts = Parts { application: &application, fallback: &fallback };
    assert_eq!(take_apart(&composed).unwrap(), Some(parts));
    assert!(shim_imports(&composed).unwrap().is_empty());
    assert_eq!(composed, self::composed("both"), "the same inputs give the same bytes");
}

#[tokio::test]
async fn the_real_shims_answer_when_they_are_switched_on() {
    let application = load(&composed("both"), DB).unwrap();
    assert_eq!(run_with(&application, &[], &[]).await.text(), "1 0\n");
}

#[tokio::test]
async fn the_fallback_answers_when_the_shims_are_switched_off() {
    let toml = format!("{DB}[shims]\ndns = false\nfilesystem = false");
    let application = load(&composed("both"), &toml).unwrap();
    assert_eq!(run_with(&application, &[], &[]).await.text(), "0 1\n");
}

#[tokio::test]
async fn the_fallback_answers_only_for_the_shim_that_is_switched_off() {
    for (shims, expected) in [("dns = false", "1 1\n"), ("filesystem = false", "0 0\n")] {
        let application = load(&composed("both"), &format!("{DB}[shims]\n{shims}")).unwrap();
        assert_eq!(run_with(&application, &[], &[]).await.text(), expected, "{shims}");
    }
}

#[tokio::test]
async fn a_composed_component_keeps_its_exit_code() {
    let application = load(&composed("names"), DB).unwrap();
    let ran = run_with(&application, &["d", "db.warp.local", "1"], &[]).await;
    assert_eq!((ran.outcome.unwrap(), ran.output.as_slice()), (Outcome::Exited(0), &b"10.0.0.5 \n"[..]));
}

#[test]
fn a_component_without_shim_imports_needs_no_fallback() {
    let application = to_component(&module("exit")).unwrap().into_owned();
    assert_eq!(with_fallback(&application, &plain_component("fallback")).unwrap(), None);
    assert_eq!(take_apart(&application).unwrap(), None);
}

#[test]
fn a_fallback_that_lacks_an_interface_is_refused() {
    let application = to_component(&module("database")).unwrap().into_owned();
    let error = with_fallback(&application, &plain_component("fallback")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the fallback does not export `warpgrid:shim/database-types@0.1.0`, which the application imports"
    );
}

#[tokio::test]
async fn a_component_composed_by_somebody_else_is_run_as_it_is() {
    let mut composed = composed("both");
    let marker = b"warpgrid:composed";
    let at = composed.windows(marker.len()).rposition(|window| window == marker).unwrap();
    composed[at] = b'W';
    assert_eq!(take_apart(&composed).unwrap(), None);
    let application = load(&composed, DB).unwrap();
    assert_eq!(run_with(&application, &[], &[]).await.text(), "0 1\n");
}
