//! What is said of a guest without running it.

use crate::harness::{guest, module, plain_component};
use std::path::Path;
use warpgrid_host::WarpConfig;
use warpgrid_host::compose::with_fallback;
use warpgrid_host::explain::{Area, Explanation, Form, Group, Kind, explain};

fn explained(bytes: &[u8], toml: &str) -> Explanation {
    let (config, _) = WarpConfig::parse(toml, Path::new("warp.toml")).unwrap();
    explain(bytes, &config).unwrap()
}

fn group(explanation: &Explanation, area: Area) -> &Group {
    let mut groups = explanation.imports.iter().filter(|group| group.area == area);
    groups.next().unwrap_or_else(|| panic!("{area:?} in {explanation}"))
}

#[test]
fn kind_form_and_version_are_told() {
    let about = |bytes: &[u8]| {
        let said = explained(bytes, "");
        (said.kind, said.form, said.wasi.join(" "), said.missing.len())
    };
    let (component, module_form) = (Form::Component, Form::Preview1Module);
    assert_eq!(about(&guest("engine_plain")), (Kind::Command, component, "0.2".into(), 0));
    assert_eq!(about(&guest("http_hello")), (Kind::Http, component, "0.2".into(), 0));
    let (kind, form, wasi, missing) = about(&guest("http_hello_p3"));
    assert_eq!((kind, form, missing), (Kind::Http, component, 0));
    assert!(wasi.contains("0.3"), "{wasi}");
    assert_eq!(about(&plain_component("async-command")), (Kind::Command, component, "0.3".into(), 0));
    assert_eq!(about(&module("exit")), (Kind::Command, module_form, "preview 1".into(), 0));
    assert_eq!(about(&plain_component("fallback")), (Kind::Neither, component, String::new(), 0));
}

#[test]
fn imports_are_grouped_with_the_shim_behind_them() {
    let said = explained(&guest("engine_shims"), "[shims]\nthreading = false");
    let files = group(&said, Area::Files);
    assert!(files.imports.contains(&"warpgrid:shim/filesystem@0.1.0".to_owned()), "{files:?}");
    assert!(files.shim.as_ref().is_some_and(|shim| shim.key == "filesystem" && shim.on));
    assert_eq!(group(&said, Area::Names).imports, ["warpgrid:shim/dns@0.1.0"]);
    assert_eq!(group(&said, Area::Signals).imports, ["warpgrid:shim/signals@0.1.0"]);
    assert_eq!(group(&said, Area::Signals).granted, ["up to 16 signals that wait"]);
    assert!(group(&said, Area::Threading).shim.as_ref().is_some_and(|shim| !shim.on));
    assert!(group(&said, Area::Standard).imports.iter().all(|import| import.starts_with("wasi:")));
    let [missing] = said.missing.as_slice() else { panic!("{said}") };
    assert_eq!(missing.import, "warpgrid:shim/threading@0.1.0");
    assert_eq!(missing.functions, ["declare-threading-model"]);
    assert_eq!(missing.hints, ["switch it on with `threading = true` under `[shims]` in warp.toml"]);
}

#[test]
fn what_is_granted_and_what_would_grant_more_is_told() {
    let bare = explained(&guest("engine_shims"), "");
    assert!(group(&bare, Area::Files).to_grant[0].contains("under `[files]` grants a folder"));
    assert!(group(&bare, Area::Names).to_grant[0].contains("`system = true` under `[shims.dns]`"));
    let granted = explained(
        &guest("engine_shims"),
        "[files]\n'/data' = { host = './data' }\n'/tmp' = { scratch = true }\n\
         [registry]\ndb = '10.0.0.5'\n[shims]\ndns = { system = true }\n[env]\nTOKEN = 'hunter2'",
    );
    let files = &group(&granted, Area::Files).granted;
    assert_eq!(files[1..], ["`/data` from `./data`, to read", "`/tmp`, empty at the start, to write"]);
    assert_eq!(group(&granted, Area::Names).granted[0], "1 names of `[registry]`, 0 of `[hosts]`");
    assert!(group(&granted, Area::Names).to_grant.is_empty());
    assert_eq!(group(&granted, Area::Standard).granted, ["the variables TOKEN"]);
    assert!(!format!("{granted}{granted:?}").contains("hunter2"));
}

#[test]
fn network_grants_are_told_to_a_guest_that_imports_the_network() {
    let sender = component(
        r#"(import "wasi:http/outgoing-handler@0.2.0" (instance))
           (import "wasi:sockets/tcp@0.2.0" (instance))"#,
    );
    let bare = explained(&sender, "");
    assert!(group(&bare, Area::Sockets).to_grant[0].contains("under `[network]` grants connections"));
    assert!(group(&bare, Area::OutgoingHttp).to_grant[0].contains("under `[network]` grants requests"));
    let config = "[network]\nallow = ['api.example.com:443']\nlisten = ['127.0.0.1:7000']\n\
                  [services.notify]\ncomponent = 'n.wasm'\n[bindings.db]\nprotocol = 'postgres'\n\
                  address = 'db:5432'\npassword = { env = 'DB_PASSWORD' }";
    let said = explained(&sender, config);
    let sockets = &group(&said, Area::Sockets).granted;
    assert_eq!(sockets[..2], ["connect to `api.example.com:443`", "listen on `127.0.0.1:7000`"]);
    assert!(sockets[2].contains("`db:5432`, the postgres database `bindings.db`"), "{sockets:?}");
    let http = &group(&said, Area::OutgoingHttp).granted;
    assert_eq!(*http, ["`http://notify`, the service `n.wasm`", "requests to `api.example.com:443`"]);
    let off = explained(&sender, "[shims]\nsockets = false");
    assert!(group(&off, Area::Sockets).to_grant[0].starts_with("`sockets = true` under `[shims]`"));
    assert!(off.missing.is_empty(), "WASI itself is there, and grants nothing");
}

fn component(imports: &str) -> Vec<u8> {
    wat::parse_str(format!("(component {imports})")).unwrap()
}

#[test]
fn what_nobody_offers_is_missing_with_its_reason() {
    let said = explained(
        &component(
            r#"(import "acme:tools/hammer@1.0.0" (instance (export "hit" (func))))
               (import "wasi:nn/tensor@0.2.0" (instance))
               (import "warpgrid:shim/dns@0.9.0" (instance))
               (import "warpgrid:shim/database-proxy@0.1.0" (instance))"#,
        ),
        "[shims]\ndatabase-proxy = false",
    );
    let missing: Vec<_> = said.missing.iter().map(|m| (m.import.as_str(), m.reason.as_str())).collect();
    assert_eq!(
        missing,
        [
            ("acme:tools/hammer@1.0.0", "this host offers WASI and warpgrid:shim, and no other package"),
            (
                "warpgrid:shim/database-proxy@0.1.0",
                "the database-proxy shim provides it, and is switched off"
            ),
            ("warpgrid:shim/dns@0.9.0", "this host offers version 0.1.0 of warpgrid:shim"),
            (
                "wasi:nn/tensor@0.2.0",
                "this host offers the command and HTTP interfaces of WASI 0.2 and 0.3.0"
            ),
        ]
    );
    assert_eq!(said.missing[0].functions, ["hit"]);
}

#[test]
fn the_fallback_of_a_composed_component_answers_what_is_off() {
    let both = warpgrid_host::adapt::to_component(&module("both")).unwrap().into_owned();
    let composed = with_fallback(&both, &plain_component("fallback")).unwrap().unwrap();
    let said = explained(&composed, "[shims]\ndns = false");
    assert_eq!(said.form, Form::Composed);
    assert_eq!(said.fallback, ["warpgrid:shim/dns@0.1.0"]);
    assert!(said.missing.is_empty(), "{said}");
    assert!(explained(&composed, "").fallback.is_empty());
}

#[test]
fn threading_and_limits_are_told() {
    let said = explained(&guest("threading_declare"), "[limits]\nmemory = '64MiB'\ncpu-seconds = 2.5");
    assert!(said.threading.starts_with("the guest declares a threading model when it runs"));
    let plain = explained(&guest("engine_plain"), "");
    assert!(plain.threading.starts_with("the guest declares no threading model"));
    let value = |key: &str| said.limits.iter().find(|limit| limit.key == key).map(|l| l.value.as_str());
    assert_eq!((value("memory"), value("cpu-seconds")), (Some("64.0 MiB"), Some("2.5")));
    assert_eq!((value("instances"), value("request-seconds")), (Some("100"), Some("30")));
}

#[test]
fn the_text_names_everything_in_order() {
    let said = explained(&module("names"), "[shims]\ndns = false\n[limits]\nsignals = 3").to_string();
    insta::assert_snapshot!(said);
}

#[test]
fn what_is_no_guest_is_refused_with_its_reason() {
    let message = |bytes: &[u8]| explain(bytes, &WarpConfig::default()).unwrap_err().to_string();
    assert!(message(b"int main() {}").ends_with("(it looks like text)"));
    assert_eq!(message(b"\0asm\x07\0\x05\0"), "neither a core module nor a component");
    let mut cut = guest("engine_plain");
    cut.truncate(cut.len() / 2);
    assert_eq!(message(&cut), "not a valid component");
}
