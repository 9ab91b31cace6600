//! The whole file: nothing in it, everything in it, a word misspelled in it.

use crate::{parse, read, wrong};
use std::path::Path;
use std::time::Duration;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::names::HostName;
use warpgrid_grants::net::{Binding, BindingProtocol, NetworkPolicy};
use warpgrid_host::application::GuestKind;
use warpgrid_host::config::{
    BindingConfig, DatabaseProxyConfig, DnsConfig, EnvValue, FilesystemConfig, GuestCredentials, ListenPlace,
    ListenerConfig, ListenerTls, NetworkRules, OutgoingSettings, PoolOptions, SecretSource, ServiceConfig,
    TlsConfig, TlsMode,
};
use warpgrid_host::http::HttpConfig;
use warpgrid_host::instance::Folder;
use warpgrid_host::{ShimConfig, WarpConfig};
use warpgrid_pool::net::ServerAddress;

const FULL: &str = include_str!("full.toml");

#[test]
fn an_empty_file_is_valid_and_grants_nothing() {
    let config = read("");
    assert_eq!(config, WarpConfig::default());
    assert!(config.registry.is_empty() && config.env.is_empty() && config.folders.is_empty());
    assert!(config.scratch.is_empty() && config.bindings.is_empty() && config.services.is_empty());
    assert_eq!(config.network, NetworkPolicy::default());
    assert!(config.http.listen.ip().is_loopback());
    assert!(!config.shims.dns.unwrap().system);
}

#[test]
fn the_full_file_has_every_key() {
    let file: toml::Table = FULL.parse().unwrap();
    for path in crate::reference::keys() {
        // `[command]` excludes `[http]`.
        let optional = path == "command";
        let names = path.split('.');
        let mut found = vec![toml::Value::Table(file.clone())];
        for name in names {
            let below = found.iter().filter_map(toml::Value::as_table);
            found = match name {
                "*" => below.flat_map(|table| table.values().cloned()).collect(),
                name => below.filter_map(|table| table.get(name).cloned()).collect(),
            };
        }
        assert!(optional || !found.is_empty(), "`{path}` is not in full.toml");
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn binding(name: &str, protocol: BindingProtocol, host: &str, port: u16) -> BindingConfig {
    BindingConfig {
        binding: Binding { name: name.into(), protocol, host: host.into(), port },
        server: ServerAddress::Tcp { host: host.into(), port },
        guest: None,
        database: None,
        user: None,
        password: None,
        tls: TlsConfig::default(),
        pool: PoolOptions::default(),
    }
}

#[test]
fn every_key_is_read() {
    let (config, warnings) = parse(FULL).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let folder =
        |guest: &str, host: &str, read_only| Folder { host: host.into(), guest: guest.to_owned(), read_only };
    let db = binding("db", BindingProtocol::Postgres, "db.production.warp.local", 5432);
    let cache = binding("cache", BindingProtocol::Redis, "fd00::6", 6379);
    let expected = WarpConfig {
        name: Some("users".into()),
        version: Some("1.2.3".into()),
        language: Some("c".into()),
        kind: Some(GuestKind::Http),
        http: HttpConfig {
            listen: "[::1]:0".parse().unwrap(),
            metrics_listen: Some("127.0.0.1:9090".parse().unwrap()),
            max_instances: 3,
            concurrent_requests: Some(4),
            requests_per_instance: 1,
            idle: Duration::from_millis(500),
            queue_length: 0,
            queue_wait: seconds(1),
            max_connections: 7,
            header_bytes: 8192,
            header_count: 20,
            header_wait: seconds(3),
            body_bytes: Some(10 << 20),
            drain: Duration::ZERO,
        },
        env: [
            ("PLAIN".to_owned(), EnvValue::Literal("a=b".into())),
            ("SECRET".to_owned(), EnvValue::From("HOST_SECRET".into())),
        ]
        .into(),
        folders: vec![folder("/config", "/etc/users", true), folder("/data", "./data", false)],
        scratch: vec!["/tmp".into()],
        registry_file: Some("services.toml".into()),
        registry: read("[registry]\n'db.warp.local' = ['10.0.0.5', 'fd00::5']").registry,
        hosts: read("[hosts]\nprinter = '192.0.2.7'").hosts,
        network: NetworkPolicy::new(&["api.example.com:443"], &["127.0.0.1:7000"]).unwrap(),
        network_rules: NetworkRules {
            allow: vec!["api.example.com:443".into()],
            listen: vec!["127.0.0.1:7000".into()],
        },
        outgoing: OutgoingSettings {
            ca_file: Some("ca.pem".into()),
            built_in_authorities: false,
            connect: seconds(1),
            first_byte: seconds(2),
            between_bytes: seconds(3),
            concurrent_requests: 4,
            response_head_bytes: 16 << 10,
            hops: 2,
        },
        limits: GuestLimits {
            memory_bytes: 64 << 20,
            table_elements: 11,
            handles: 100,
            call_bytes: 1 << 20,
            header_bytes: 4096,
            open_files: 12,
            sockets: 13,
            database_sessions: 18,
            lookups: 14,
            read_bytes: 2 << 10,
            device_bytes: 16,
            listed_names: 17,
            log_bytes: 0,
            signals: 1,
            cpu: Some(Duration::from_millis(2500)),
            request: seconds(9),
        },
        shims: ShimConfig {
            filesystem: Some(FilesystemConfig {
                nameservers: vec!["192.0.2.53".parse().unwrap()],
                time_zones: false,
                local_time_zone: Some("Europe/London".into()),
                extra_virtual_paths: [("/etc/motd".to_owned(), "hello".to_owned())].into(),
            }),
            dns: Some(DnsConfig {
                time_to_live: seconds(5),
                negative_time_to_live: seconds(2),
                cache_entries: 10,
                system: true,
            }),
            database_proxy: Some(DatabaseProxyConfig { receive: seconds(19), drain: seconds(20) }),
            ..ShimConfig::none()
        },
        bindings: vec![
            BindingConfig {
                password: Some(SecretSource::File("secrets/redis".into())),
                guest: Some(GuestCredentials {
                    user: "g".into(),
                    password: SecretSource::File("secrets/guest".into()),
                }),
                tls: TlsConfig { mode: TlsMode::Disable, ca: None, direct: false },
                ..cache
            },
            BindingConfig {
                database: Some("app".into()),
                user: Some("writer".into()),
                password: Some(SecretSource::Env("APP_DB_PASSWORD".into())),
                server: ServerAddress::Unix("/run/postgresql/.s.PGSQL.5432".into()),
                guest: Some(GuestCredentials {
                    user: "users".into(),
                    password: SecretSource::Env("USERS_PASSWORD".into()),
                }),
                tls: TlsConfig { mode: TlsMode::VerifyCa, ca: Some("db-ca.pem".into()), direct: true },
                pool: PoolOptions {
                    size: 3,
                    queue: 4,
                    wait: seconds(1),
                    idle: seconds(60),
                    lifetime: seconds(61),
                    healthcheck: seconds(62),
                    connect: seconds(63),
                    retry: seconds(64),
                    greeting: seconds(68),
                    stall: seconds(65),
                    reply: seconds(66),
                    transaction: seconds(67),
                    reset: seconds(69),
                },
                ..db
            },
            binding("old", BindingProtocol::Mysql, "192.0.2.1", 3306),
        ],
        listeners: vec![
            ListenerConfig {
                name: "local".into(),
                binding: "cache".into(),
                place: ListenPlace::Unix { path: "redis.sock".into(), mode: 0o660 },
                tenant: "local".into(),
                clients: 1000,
                tls: None,
            },
            ListenerConfig {
                name: "native".into(),
                binding: "db".into(),
                place: ListenPlace::Tcp("127.0.0.1:6432".parse().unwrap()),
                tenant: "tools".into(),
                clients: 5,
                tls: Some(ListenerTls {
                    certificate: "proxy.pem".into(),
                    key: "proxy.key".into(),
                    required: true,
                }),
            },
        ],
        services: vec![ServiceConfig {
            name: HostName::new("notify").unwrap(),
            component: "../notify/notify.wasm".into(),
        }],
    };
    assert_eq!(config, expected);
    assert_eq!((config.registry.len(), config.hosts.len()), (1, 1));
    assert!(config.hosts_file().text(&config.registry).contains("192.0.2.7\tprinter\n"));
}

#[test]
fn an_application_is_given_what_the_file_says() {
    let (config, _) = parse(FULL).unwrap();
    let base = tempfile::tempdir().unwrap();
    let missing = config.app_config("file-name", base.path()).map(|_| ()).unwrap_err().to_string();
    assert!(
        missing.starts_with("`network.ca-file`: cannot read `") && missing.contains("ca.pem"),
        "{missing}"
    );
    std::fs::write(base.path().join("ca.pem"), "of nobody").unwrap();
    let app = config.app_config("file-name", base.path()).unwrap();
    assert_eq!(app.outgoing.extra_authorities[0].pem, b"of nobody");
    assert_eq!(app.registry_file, config.registry_file.as_ref().map(|file| base.path().join(file)));
    assert_eq!(app.name, "users");
    assert_eq!(read("").app_config("file-name", Path::new("")).unwrap().name, "file-name");
    assert_eq!((app.limits, &*app.network), (config.limits, &config.network));
    assert_eq!((app.registry.len(), app.bindings.len()), (1, 3));
    assert_eq!(app.bindings[1].host, "db.production.warp.local");
    assert!(app.hosts.text(&app.registry).contains("printer"));
}

#[test]
fn a_misspelled_key_is_named_with_its_line_and_the_nearest_one() {
    insta::assert_snapshot!(wrong(&[
        "[packge]\nname = 'x'",
        "[package]\nnme = 'x'",
        "colour = 1",
        "[http]\nlisten = '127.0.0.1:0'\n\nmetric-listen = '127.0.0.1:0'",
        "[netwrok]\nallow = []",
        "[network]\nalow = []",
        "[limits]\nmemroy = '1MiB'",
        "[limits]\ncpu = 3",
        "\n[shims]\ndns = { tll-seconds = 3 }",
        "[shims.filesystem]\nname-servers = []",
        "[files]\n'/x' = { hst = '.' }",
        "[files]\n'/x' = { scrach = true }",
        "[env]\nA = { form = 'B' }",
        "[bindings.db]\nprotcol = 'postgres'",
        "[bindings.db]\npassword = { value = 'hunter2' }",
        "[bindings.db.tls]\nmod = 'disable'",
        "[bindings.db]\npool = { wait = 3 }",
        "[services.notify]\npath = 'x'",
        "[command]\nx = 1",
    ]));
}

#[test]
fn what_is_no_toml_is_named_with_its_line() {
    insta::assert_snapshot!(wrong(&[
        "[package\nname = 'x'",
        "[package]\nname = 'x'\nname = 'y'",
        "[package]\nname = x",
        "[limits]\nmemory = 128MiB",
    ]));
    let error = WarpConfig::parse("x = 1", Path::new("some folder/warp.toml")).unwrap_err();
    assert_eq!(error.to_string(), "`some folder/warp.toml` line 1: unknown key `x`");
}
