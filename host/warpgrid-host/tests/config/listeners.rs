//! `[listeners]`.

use crate::{parse, wrong};
use warpgrid_host::config::ListenPlace;

const CACHE: &str = "[bindings.cache]\nprotocol = 'redis'\naddress = 'cache:6379'\n[listeners.a]\n";

#[test]
fn the_short_form_has_the_documented_defaults() {
    let (config, _) = parse(&format!("{CACHE}binding = 'cache'\nsocket = 'a.sock'")).unwrap();
    let [listener] = config.listeners.as_slice() else { panic!("{config:?}") };
    assert_eq!(listener.place, ListenPlace::Unix { path: "a.sock".into(), mode: 0o600 });
    assert_eq!((listener.tenant.as_str(), listener.clients, &listener.tls), ("a", 1000, &None));
}

#[test]
fn two_listeners_may_both_take_a_free_port_and_no_other_place() {
    let two = |one: &str, other: &str| {
        let text = format!("{CACHE}binding = 'cache'\n{one}\n[listeners.b]\nbinding = 'cache'\n{other}");
        parse(&text).map(drop).map_err(|error| error.message)
    };
    let free = "address = '127.0.0.1:0'";
    assert_eq!(two(free, free), Ok(()));
    let same = two("address = '127.0.0.1:6432'", "address = '127.0.0.1:6432'").unwrap_err();
    assert!(same.contains("`listeners.a` listens there"), "{same}");
    assert!(two("socket = 'a.sock'", "socket = 'a.sock'\nmode = '0660'").is_err());
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let with = |lines: &str| format!("{CACHE}binding = 'cache'\n{lines}");
    let said = wrong(&[
        &format!("{CACHE}address = '127.0.0.1:0'"),
        &format!("{CACHE}binding = 'none'\naddress = '127.0.0.1:0'"),
        &with(""),
        &with("address = 'localhost:6432'"),
        &with("address = '127.0.0.1:0'\nsocket = 'a.sock'"),
        &with("address = '127.0.0.1:0'\nmode = '0600'"),
        &with("socket = 'a.sock'\nmode = 'rw'"),
        &with("socket = 'a.sock'\nmode = '1777'"),
        &with("socket = 'a.sock'\nmode = '+600'"),
        &with("socket = 'a.sock'\nclients = 0"),
        &with("socket = 'a.sock'\ntls = { certificate = 'a.pem' }"),
    ]);
    for words in [
        "`[listeners.a]`: add `binding = \"NAME\"`",
        "there is no `[bindings.none]`",
        "add `address = \"127.0.0.1:PORT\"` or `socket = \"PATH\"`",
        "not an address and port",
        "it is an address or a socket, not both",
        "only a Unix socket has a mode",
        "`listeners.a.mode`: not a mode such as \"0660\"",
        "0 is not between 1 and 1000000",
        "a certificate and its key belong together",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(said.matches("not a mode such as").count(), 3, "{said}");
}
