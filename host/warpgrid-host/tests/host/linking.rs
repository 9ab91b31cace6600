//! What a component needs and the host does not offer is named, with the way to get it.

use crate::harness::{load, module, plain_component};
use warpgrid_host::application::LoadError;
use warpgrid_host::link::LinkError;

fn refusal(bytes: &[u8], toml: &str) -> (String, Vec<String>) {
    match load(bytes, toml).map(|_| ()).unwrap_err() {
        LoadError::Link(error) => (error.to_string(), error.hints()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_switched_off_shim_is_named_with_its_functions_and_its_key() {
    let (message, hints) = refusal(&module("names"), "[shims]\ndns = false");
    insta::assert_snapshot!(message, @r"
    the component does not link: an import is missing
      warpgrid:shim/dns@0.1.0 (resolve-address, reverse-resolve)
        the dns shim provides it, and is switched off
    ");
    assert_eq!(hints, ["switch it on with `dns = true` under `[shims]` in warp.toml"]);
}

#[test]
fn all_missing_shims_are_named_at_once() {
    let (message, hints) = refusal(&module("both"), "[shims]\ndns = false\nfilesystem = false");
    insta::assert_snapshot!(message, @r"
    the component does not link: 2 imports are missing
      warpgrid:shim/filesystem@0.1.0 (is-virtual)
        the filesystem shim provides it, and is switched off
      warpgrid:shim/dns@0.1.0 (resolve-address)
        the dns shim provides it, and is switched off
    ");
    assert_eq!(hints.len(), 2);
}

#[test]
fn one_shim_does_not_bring_the_other() {
    assert!(load(&module("names"), "[shims]\nfilesystem = false").is_ok());
    assert!(load(&module("files"), "[shims]\ndns = false").is_ok());
    let (message, _) = refusal(&module("both"), "[shims]\nfilesystem = false");
    assert!(message.contains("filesystem") && !message.contains("warpgrid:shim/dns"), "{message}");
}

#[test]
fn a_guest_of_the_explicit_door_to_databases_needs_its_shim() {
    let (message, hints) = refusal(&module("database"), "[shims]\ndatabase-proxy = false");
    insta::assert_snapshot!(message, @r"
    the component does not link: 2 imports are missing
      warpgrid:shim/database-types@0.1.0
        the database-proxy shim provides it, and is switched off
      warpgrid:shim/database-proxy@0.1.0 (connect)
        the database-proxy shim provides it, and is switched off
    ");
    assert_eq!(hints, ["switch it on with `database-proxy = true` under `[shims]` in warp.toml"]);
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn another_version_and_an_unknown_interface_are_told_apart() {
    let (message, hints) = refusal(
        &component(
            r#"(component
                (import "warpgrid:shim/dns@0.9.0" (instance (export "resolve-address" (func))))
                (import "warpgrid:shim/teleport@0.1.0" (instance (export "beam" (func))))
            )"#,
        ),
        "",
    );
    insta::assert_snapshot!(message, @r"
    the component does not link: 2 imports are missing
      warpgrid:shim/dns@0.9.0 (resolve-address)
        this host offers version 0.1.0 of warpgrid:shim
      warpgrid:shim/teleport@0.1.0 (beam)
        warpgrid:shim 0.1.0 has no such interface
    ");
    assert_eq!(hints, ["build the component with the SDK that this warp came with"]);
}

#[test]
fn an_import_of_another_package_is_named() {
    let cases = [
        (r#"(import "acme:tools/hammer@1.0.0" (instance (export "hit" (func))))"#, "acme:tools/hammer@1.0.0"),
        (
            r#"(import "warpgrid:shim/dns@0.1.0" (instance (export "resolve-address" (func (param "x" u8)))))"#,
            "warpgrid:shim/dns@0.1.0",
        ),
    ];
    for (import, name) in cases {
        let error = load(&component(&format!("(component {import})")), "").map(|_| ()).unwrap_err();
        let LoadError::Link(LinkError::Other { import, .. }) = error else { panic!("{error:?}") };
        assert_eq!(import, name);
    }
}

#[test]
fn what_is_no_guest_is_refused_with_its_reason() {
    let message = |bytes: &[u8]| load(bytes, "").map(|_| ()).unwrap_err().to_string();
    assert!(message(b"").starts_with("not a WebAssembly file"));
    assert!(message(b"#include <stdio.h>").ends_with("(it looks like text)"));
    assert_eq!(message(b"\0asm\x07\0\x05\0"), "neither a core module nor a component");
    assert_eq!(
        message(&component("(component)")),
        "the component is neither a command nor an HTTP service: it exports nothing, and not `wasi:cli/run`, \
         `wasi:http/incoming-handler` or `wasi:http/handler`"
    );
    let names = plain_component("fallback");
    assert!(message(&names).contains("`warpgrid:shim/filesystem@0.1.0`"), "{}", message(&names));
    let mut cut = module("names");
    cut.truncate(cut.len() / 2);
    assert_eq!(message(&cut), "the core module cannot be turned into a component");
}
