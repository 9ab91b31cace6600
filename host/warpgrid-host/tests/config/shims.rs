//! `[shims]`.

use crate::{parse, read, wrong};
use warpgrid_host::ShimConfig;

#[test]
fn shims_are_switched_by_true_false_or_a_table() {
    let shims = |text: &str| read(&format!("[shims]\n{text}")).shims;
    assert_eq!(shims(""), ShimConfig::default());
    assert_eq!(shims("dns = true\nfilesystem = {}\nsignals = true"), ShimConfig::default());
    let all_off = "dns = false\nfilesystem = false\nsignals = false\nsockets = false\nthreading = false\ndatabase-proxy = false";
    assert_eq!(shims(all_off), ShimConfig::none());
    assert_eq!(shims("threading = false"), ShimConfig { threading: None, ..ShimConfig::default() });
    assert_eq!(shims("sockets = false"), ShimConfig { sockets: None, ..ShimConfig::default() });
    assert_eq!(shims("signals = false"), ShimConfig { signals: None, ..ShimConfig::default() });
    assert_eq!(shims("filesystem = true\ndns = false"), ShimConfig { dns: None, ..ShimConfig::default() });
}

#[test]
fn an_unknown_shim_is_a_warning() {
    let text = "[shims]\ndsn = true\nteleport = { far = true }\ndatabase-proxy = true\nthreding = false";
    let (config, warnings) = parse(text).unwrap();
    assert_eq!(config.shims, ShimConfig::default());
    assert_eq!(
        warnings,
        [
            "line 2: unknown shim `dsn` is ignored; did you mean `dns`?",
            "line 3: unknown shim `teleport` is ignored",
            "line 5: unknown shim `threding` is ignored; did you mean `threading`?",
        ]
    );
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    insta::assert_snapshot!(wrong(&[
        "[shims]\ndns = 'on'",
        "[shims]\ndns = { ttl-seconds = -1 }",
        "[shims]\ndns = { cache-entries = 'all' }",
        "[shims]\nsignals = { queue = 3 }",
        "[shims]\nthreading = 1",
        "[shims]\ndatabase-proxy = { drain-second = 30 }",
        "[shims]\ndatabase-proxy = { drain-seconds = 'long' }",
        "[shims]\nsockets = 'off'",
        "[shims]\nfilesystem = { nameservers = ['here'] }",
        "[shims.filesystem.extra-virtual-paths]\n'etc/motd' = 'x'",
    ]));
}
