//! `[package]`, `[command]`, `[http]`, `[env]`, `[files]`, `[registry]`, `[hosts]`, `[services]`.

use crate::{parse, read, wrong};
use warpgrid_host::application::GuestKind;

#[test]
fn an_application_is_a_command_or_serves_http_or_is_what_its_component_is() {
    assert_eq!(read("").kind, None);
    assert_eq!(read("[command]").kind, Some(GuestKind::Command));
    assert_eq!(read("[http]").kind, Some(GuestKind::Http));
    assert_eq!(read("[http]").http, read("").http);
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    insta::assert_snapshot!(wrong(&[
        "[command]\n[http]",
        "http = true",
        "[http]\nlisten = 8080",
        "[http]\nlisten = 'localhost:8080'",
        "[http]\nlisten = '127.0.0.1'",
        "[http]\nmetrics-listen = '127.0.0.1:8080'",
        "[http]\nconcurrent-requests = 0",
        "[http]\nrequests-per-instance = 0",
        "[http]\nmax-connections = 0",
        "[http]\nheader-size = '1KiB'",
        "[http]\nheader-wait-seconds = 0",
        "[http]\nidle-seconds = 'long'",
        "[files]\n'/x' = {}",
        "[files]\n'x' = { host = '.' }",
        "[files]\n'/x' = { host = '.' }\n'/x/' = { host = '.' }",
        "[files]\n'/x' = { host = '.', scratch = true }",
        "[files]\n'/x' = { scratch = true, read-only = true }",
        "[files]\n'/x' = { host = '' }",
        "[files]\n'/x' = '.'",
        "[env]\nA = 1",
        "[env]\n'A=B' = 'x'",
        "[registry]\ndb.production.warp.local = '10.0.0.5'",
        "[registry]\ndb = '10.0.0.500'",
        "[registry]\ndb = []",
        "[registry]\n'a b' = '10.0.0.5'",
        "[registry]\ndb = '10.0.0.5'\nDB = '10.0.0.6'",
        "[package]\nregistry-file = 'x'",
        "[services.notify]\n",
        "[services.'a b']\ncomponent = 'x'",
        "[services.notify]\ncomponent = 'x'\n[services.NOTIFY]\ncomponent = 'y'",
    ]));
}

#[test]
fn values_of_the_environment_come_from_the_host_only_by_name_and_are_never_shown() {
    let config = read("[env]\nA = 'plain-secret'\nB = { from = 'HOST_B' }");
    let host = |name: &str| (name == "HOST_B").then(|| "from-host".to_owned());
    let pairs = [("A".into(), "plain-secret".into()), ("B".into(), "from-host".into())];
    assert_eq!(config.environment(host).unwrap(), pairs);
    assert_eq!(
        config.environment(|_| None).unwrap_err().to_string(),
        "`env.B` takes its value from `HOST_B`, which is not set in this environment"
    );
    assert!(!format!("{config:?}").contains("plain-secret"));
    let error = parse("[env]\n'A=B' = 'plain-secret'").unwrap_err();
    assert!(!format!("{error:?}").contains("plain-secret"), "{error:?}");
}
