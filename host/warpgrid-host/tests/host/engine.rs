//! The engine offers the shims that are switched on, and no other.

use crate::harness::{Ran, guest, run_with};
use crate::logs;
use std::path::Path;
use warpgrid_grants::names::ServiceRegistry;
use warpgrid_host::application::LoadError;
use warpgrid_host::config::{DnsConfig, FilesystemConfig, SignalsConfig, ThreadingConfig};
use warpgrid_host::link::{LinkError, MissingReason};
use warpgrid_host::{AppConfig, ShimConfig, WarpConfig, WarpGridEngine};

fn app() -> AppConfig {
    let registry = ServiceRegistry::new([("db.warp.local", vec!["10.0.0.5".parse().unwrap()])]).unwrap();
    AppConfig { registry, ..AppConfig::default() }
}

async fn run(name: &str, shims: &ShimConfig) -> Ran {
    let engine = WarpGridEngine::new(shims.clone()).unwrap();
    let application = engine.load_module(&guest(name), app()).unwrap();
    run_with(&application, &["argument"], &[]).await
}

/// The keys of the shims that a guest misses.
fn missing(name: &str, shims: &ShimConfig) -> Vec<&'static str> {
    let engine = WarpGridEngine::new(shims.clone()).unwrap();
    let Err(LoadError::Link(LinkError::Missing(missing))) = engine.load_module(&guest(name), app()) else {
        panic!("`{name}` links")
    };
    let key = |reason| match reason {
        MissingReason::SwitchedOff { key } => key,
        other => panic!("{other:?}"),
    };
    missing.into_iter().map(|import| key(import.reason)).collect()
}

fn only_filesystem() -> ShimConfig {
    ShimConfig { filesystem: Some(FilesystemConfig::default()), ..ShimConfig::none() }
}

fn only_dns() -> ShimConfig {
    ShimConfig { dns: Some(DnsConfig::default()), ..ShimConfig::none() }
}

#[tokio::test]
async fn with_all_shims_a_guest_calls_every_one() {
    let text = run("engine_shims", &ShimConfig::default()).await.text();
    assert!(text.contains("127.0.0.1\tlocalhost\n") && text.contains("10.0.0.5\tdb.warp.local\n"), "{text}");
    assert!(text.ends_with("[IpAddress::Ipv4((10, 0, 0, 5))]\nNone\nOk(())\n"), "{text}");
}

#[tokio::test]
async fn with_the_filesystem_shim_alone_files_are_read_and_names_do_not_link() {
    let text = run("engine_filesystem", &only_filesystem()).await.text();
    assert!(text.contains("10.0.0.5\tdb.warp.local\n"), "{text}");
    assert_eq!(missing("engine_dns", &only_filesystem()), ["dns"]);
}

#[tokio::test]
async fn with_the_dns_shim_alone_names_are_resolved_and_files_do_not_link() {
    let text = run("engine_dns", &only_dns()).await.text();
    assert_eq!(text, "Ok([IpAddress::Ipv4((10, 0, 0, 5))])\n");
    assert_eq!(missing("engine_filesystem", &only_dns()), ["filesystem"]);
}

#[tokio::test]
async fn with_no_shim_a_guest_of_standard_wasi_runs_and_every_other_is_refused() {
    let none = ShimConfig::none();
    assert_eq!(run("engine_plain", &none).await.text(), "argument true\nfalse\n");
    let mut keys = missing("engine_shims", &none);
    keys.sort_unstable();
    assert_eq!(keys, ["dns", "filesystem", "signals", "threading"]);
    assert_eq!(missing("signals_console", &none), ["signals"]);
    assert_eq!(missing("threading_declare", &none), ["threading"]);
}

#[tokio::test]
async fn each_of_signals_and_threading_links_alone() {
    let signals = ShimConfig { signals: Some(SignalsConfig::default()), ..ShimConfig::none() };
    assert!(run("signals_console", &signals).await.outcome.is_ok());
    assert_eq!(missing("threading_declare", &signals), ["threading"]);
    let threading = ShimConfig { threading: Some(ThreadingConfig::default()), ..ShimConfig::none() };
    assert!(run("threading_declare", &threading).await.outcome.is_err(), "`argument` is no model");
    assert_eq!(missing("signals_console", &threading), ["signals"]);
}

#[test]
fn a_file_that_switches_a_shim_off_leaves_the_others_on() {
    let text = "[shims]\nfilesystem = true\ndns = false";
    let (config, warnings) = WarpConfig::parse(text, Path::new("warp.toml")).unwrap();
    assert_eq!(config.shims, ShimConfig { dns: None, ..ShimConfig::default() });
    assert!(warnings.is_empty());
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(ShimConfig::from_toml(&table["shims"]).unwrap(), config.shims);
}

#[test]
fn the_table_of_shims_alone_is_read_with_the_same_checks() {
    let (logs, _guard) = logs::capture();
    let shims = |text: &str| ShimConfig::from_toml(&text.parse::<toml::Table>().unwrap().into());
    assert_eq!(shims("").unwrap(), ShimConfig::default());
    assert_eq!(shims("dns = { ttl-seconds = 5 }").unwrap().dns.unwrap().time_to_live.as_secs(), 5);
    assert!(logs.text().is_empty());
    assert_eq!(shims("dsn = true").unwrap(), ShimConfig::default());
    assert_eq!(logs.lines_with("unknown shim `dsn` is ignored; did you mean `dns`?").len(), 1);
    let error = shims("dns = { tll-seconds = 5 }").unwrap_err();
    assert_eq!(error.to_string(), "`[shims]`: unknown key `tll-seconds` in `[shims.dns]`");
    assert_eq!(error.hint.as_deref(), Some("did you mean `ttl-seconds`?"));
    assert!(shims("dns = 3").is_err());
}

#[test]
fn the_log_says_at_the_start_which_shims_are_on_and_how_and_which_are_off() {
    let (logs, _guard) = logs::capture();
    let dns = DnsConfig { cache_entries: 7, ..DnsConfig::default() };
    WarpGridEngine::new(ShimConfig { dns: Some(dns), threading: None, ..ShimConfig::default() }).unwrap();
    let lines = logs.lines_with("engine ready");
    let [line] = lines.as_slice() else { panic!("{}", logs.text()) };
    let (enabled, disabled) = line.split_once(" disabled=").unwrap();
    assert!(line.trim_start().starts_with("INFO"), "{line}");
    assert!(enabled.contains("dns(ttl-seconds=30 cache-entries=7"), "{line}");
    assert!(enabled.contains("filesystem(nameservers=1 time-zones=true"), "{line}");
    assert!(
        enabled.contains("signals") && enabled.contains("database-proxy(recv-seconds=30 drain-seconds=30)"),
        "{line}"
    );
    assert_eq!(disabled, "\"threading\"");
    assert!(enabled.contains("room="), "{line}");
}
