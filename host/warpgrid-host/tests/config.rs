//! `warp.toml`: what it means, what is wrong with it, and the reference page.

use std::path::Path;
use std::time::Duration;
use warpgrid_host::config::{ConfigError, DnsConfig, EnvValue, FilesystemConfig, reference_page};
use warpgrid_host::{ShimConfig, WarpConfig};

fn parse(text: &str) -> Result<(WarpConfig, Vec<String>), ConfigError> {
    WarpConfig::parse(text, Path::new("warp.toml"))
        .map(|(config, warnings)| (config, warnings.iter().map(ToString::to_string).collect()))
}

#[test]
fn an_empty_file_is_valid_and_grants_nothing() {
    let (config, warnings) = parse("").unwrap();
    assert_eq!(config, WarpConfig::default());
    assert!(warnings.is_empty());
    assert!(config.registry.is_empty() && config.env.is_empty() && config.folders.is_empty());
    assert!(!config.shims.dns.unwrap().system);
}

#[test]
fn every_key_is_read() {
    let (config, warnings) = parse(
        "
        [package]
        name = 'users'
        version = '1.2.3'
        language = 'c'
        [command]
        [env]
        PLAIN = 'a=b'
        SECRET = { from = 'HOST_SECRET' }
        [files]
        '/data/' = { host = './data', read-only = false }
        '/config' = { host = '/etc/users' }
        [registry]
        'db.warp.local' = ['10.0.0.5', 'fd00::5']
        [hosts]
        printer = '192.0.2.7'
        [shims]
        dns = { ttl-seconds = 5, cache-entries = 10, system = true }
        signals = false
        [shims.filesystem]
        nameservers = ['192.0.2.53']
        time-zones = false
        local-time-zone = 'Europe/London'
        extra-virtual-paths = { '/etc/motd' = 'hello' }
        ",
    )
    .unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!((config.name.as_deref(), config.version.as_deref()), (Some("users"), Some("1.2.3")));
    assert_eq!(config.language.as_deref(), Some("c"));
    assert_eq!(config.env["SECRET"], EnvValue::From("HOST_SECRET".into()));
    let folders: Vec<_> = config.folders.iter().map(|f| (f.guest.as_str(), f.read_only)).collect();
    assert_eq!(folders, [("/config", true), ("/data", false)]);
    assert_eq!(config.registry.len(), 1);
    assert!(config.hosts_file().text(&config.registry).contains("192.0.2.7\tprinter\n"));
    let dns = DnsConfig { time_to_live: Duration::from_secs(5), cache_entries: 10, system: true };
    assert_eq!(config.shims.dns, Some(dns));
    let filesystem = FilesystemConfig {
        nameservers: vec!["192.0.2.53".parse().unwrap()],
        time_zones: false,
        local_time_zone: Some("Europe/London".into()),
        extra_virtual_paths: [("/etc/motd".to_owned(), "hello".to_owned())].into(),
    };
    assert_eq!(config.shims.filesystem, Some(filesystem));
}

#[test]
fn shims_are_switched_by_true_false_or_a_table() {
    let shims = |text: &str| parse(&format!("[shims]\n{text}")).unwrap().0.shims;
    assert_eq!(shims(""), ShimConfig::default());
    assert_eq!(shims("dns = true\nfilesystem = {}"), ShimConfig::default());
    assert_eq!(shims("dns = false\nfilesystem = false"), ShimConfig::none());
    assert_eq!(shims("filesystem = true\ndns = false").dns, None);
}

#[test]
fn what_is_wrong_is_named_with_its_line_and_a_suggestion() {
    let table = [
        "[packge]\nname = 'x'",
        "[package]\nnme = 'x'",
        "colour = 1",
        "\n[shims]\ndns = { tll-seconds = 3 }",
        "[shims.filesystem]\nname-servers = []",
        "[shims]\ndns = 'on'",
        "[shims]\ndns = { ttl-seconds = -1 }",
        "[shims]\nsignals = { queue = 3 }",
        "[files]\n'/x' = { hst = '.' }",
        "[files]\n'/x' = {}",
        "[files]\n'x' = { host = '.' }",
        "[env]\nA = 1",
        "[env]\n'A=B' = 'x'",
        "[env]\nA = { form = 'B' }",
        "[registry]\ndb.production.warp.local = '10.0.0.5'",
        "[registry]\ndb = '10.0.0.500'",
        "[registry]\ndb = []",
        "[registry]\n'a b' = '10.0.0.5'",
        "[registry]\ndb = '10.0.0.5'\nDB = '10.0.0.6'",
        "[http]\n",
        "[network]\nallow = ['example.com:443']",
        "[bindings.db]\nprotocol = 'postgres'",
        "[limits]\nmemory = '1MiB'",
        "[services.notify]\ncomponent = 'x'",
        "[command]\nx = 1",
        "[package\nname = 'x'",
        "[package]\nname = 'x'\nname = 'y'",
    ];
    let mut page = String::new();
    for text in table {
        let error = parse(text).unwrap_err();
        let hint = error.hint.clone().map(|hint| format!("\n    hint: {hint}")).unwrap_or_default();
        page.push_str(&format!("{text:?}\n    {error}{hint}\n"));
    }
    insta::assert_snapshot!(page);
}

#[test]
fn an_unknown_shim_is_a_warning_and_so_is_one_without_a_host_side() {
    let (_, warnings) =
        parse("[shims]\ndsn = true\nteleport = { far = true }\nsignals = true\ndatabase-proxy = true")
            .unwrap();
    assert_eq!(
        warnings,
        [
            "line 2: unknown shim `dsn` is ignored; did you mean `dns`?",
            "line 3: unknown shim `teleport` is ignored",
            "line 4: `signals = true` has no effect: warp 0.1.0 does not have that shim yet, and a guest that imports it will not link",
            "line 5: `database-proxy = true` has no effect: warp 0.1.0 does not have that shim yet, and a guest that imports it will not link",
        ]
    );
}

#[test]
fn values_of_the_environment_come_from_the_host_only_by_name_and_are_never_shown() {
    let (config, _) = parse("[env]\nA = 'plain-secret'\nB = { from = 'HOST_B' }").unwrap();
    let host = |name: &str| (name == "HOST_B").then(|| "from-host".to_owned());
    let pairs = [("A".into(), "plain-secret".into()), ("B".into(), "from-host".into())];
    assert_eq!(config.environment(host).unwrap(), pairs);
    assert_eq!(
        config.environment(|_| None).unwrap_err().to_string(),
        "`env.B` takes its value from `HOST_B`, which is not set in this environment"
    );
    assert!(!format!("{config:?}").contains("plain-secret"));
}

#[test]
fn the_reference_page_says_what_the_code_does() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/warp-toml.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&page, reference_page()).unwrap();
    }
    let written = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(
        written == reference_page(),
        "docs/reference/warp-toml.md is not what the code says\n\
         hint: run `BLESS=1 cargo test --release -p warpgrid-host --test config`"
    );
}

#[test]
fn the_example_of_the_reference_page_is_valid() {
    let page = reference_page();
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let (config, warnings) = parse(example).unwrap();
    assert!(warnings.is_empty());
    assert_eq!(config.registry.len(), 1);
}
