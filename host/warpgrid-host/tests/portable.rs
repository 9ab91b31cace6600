//! A composed file holds the component byte for byte and comes apart only when it carries our mark.
use warpgrid_host::portable::{Composed, PortableError, compose, unwrap};

const APPLICATION: &str = r#"(component
    (import "warpgrid:shim/threading@0.1.0" (instance (export "f" (func (result u32)))))
    (core module $m (func (export "run")))
    (core instance $i (instantiate $m))
    (func (export "run") (canon lift (core func $i "run")))
)"#;

const FALLBACK: &str = r#"(component
    (core module $m (func (export "f") (result i32) i32.const 7))
    (core instance $i (instantiate $m))
    (func $f (result u32) (canon lift (core func $i "f")))
    (instance $shim (export "f" (func $f)))
    (export "warpgrid:shim/threading@0.1.0" (instance $shim))
)"#;

const PLAIN: &str = r#"(component)"#;

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn a_composed_file_gives_the_component_back_byte_for_byte() {
    let application = wasm(APPLICATION);
    let Composed::Portable { bytes, interfaces } = compose(&application, &wasm(FALLBACK)).unwrap() else {
        panic!("nothing was composed")
    };
    assert_eq!(interfaces, ["warpgrid:shim/threading@0.1.0"]);
    assert_eq!(unwrap(&bytes).unwrap(), application);
    assert!(matches!(compose(&bytes, &wasm(FALLBACK)), Err(PortableError::AlreadyComposed)));
}

#[test]
fn a_component_without_shims_needs_nothing() {
    assert_eq!(compose(&wasm(PLAIN), &wasm(FALLBACK)).unwrap(), Composed::NothingToDo);
    assert_eq!(unwrap(&wasm(PLAIN)).unwrap(), wasm(PLAIN));
}

#[test]
fn a_fallback_of_another_version_is_named() {
    let fallback = wasm(&FALLBACK.replace("@0.1.0", "@0.2.0"));
    let error = compose(&wasm(APPLICATION), &fallback).unwrap_err();
    assert!(error.to_string().contains("warpgrid:shim/threading@0.1.0"), "{error}");
}

#[test]
fn a_composition_of_somebody_else_stays_whole() {
    let application = wasm(APPLICATION);
    let Composed::Portable { bytes, .. } = compose(&application, &wasm(FALLBACK)).unwrap() else {
        panic!("nothing was composed")
    };
    let mark = b"warpgrid-portable1";
    let end = bytes.len() - mark.len() - 3;
    let unmarked = &bytes[..end];
    assert_eq!(unwrap(unmarked).unwrap(), unmarked);
}

#[test]
fn bytes_that_are_no_component() {
    assert!(matches!(compose(b"hello", &wasm(FALLBACK)), Err(PortableError::NotAComponent(_))));
    assert_eq!(unwrap(b"hello").unwrap(), b"hello");
}
