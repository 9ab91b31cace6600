//! `[shims]`: what the host adds to WASI; links nothing.

use crate::config::ShimConfig;
use crate::config::error::ConfigError;
use crate::config::keys::{Key, key};
use crate::config::reader::Reader;
use crate::config::values::{Count, Seconds, Toggle};
use crate::shims::database_proxy::DatabaseProxyConfig;
use crate::shims::dns::DnsConfig;
use crate::shims::filesystem::FilesystemConfig;
use crate::shims::signals::SignalsConfig;
use crate::shims::sockets::SocketsConfig;
use crate::shims::threading::ThreadingConfig;
use std::collections::BTreeMap;
use std::net::IpAddr;
use warpgrid_grants::path::NormalPath;

pub(in crate::config) const KEYS: &[Key] = &[
    key(
        &["shims"],
        "table",
        "all on",
        "What the host adds to WASI. A shim that is switched off is not linked: a guest that needs it does not start. An unknown shim is a warning.",
    ),
    key(
        &["shims", "filesystem"],
        "true, false or table",
        "`true`",
        "Virtual files: `/dev/null`, `/dev/urandom`, `/etc/hosts`, `/etc/resolv.conf`, `/proc/self/*`, `/usr/share/zoneinfo/**`.",
    ),
    key(
        &["shims", "filesystem", "nameservers"],
        "list of addresses",
        "`[\"127.0.0.1\"]`",
        "The servers that `/etc/resolv.conf` names.",
    ),
    key(
        &["shims", "filesystem", "time-zones"],
        "true or false",
        "`true`",
        "Whether `/usr/share/zoneinfo` is there.",
    ),
    key(
        &["shims", "filesystem", "local-time-zone"],
        "text",
        "none",
        "The zone that `/etc/localtime` is, such as `\"Europe/London\"`.",
    ),
    key(
        &["shims", "filesystem", "extra-virtual-paths"],
        "table",
        "empty",
        "Further virtual files, by absolute path.",
    ),
    key(&["shims", "filesystem", "extra-virtual-paths", "*"], "text", "", "The text of one virtual file."),
    key(
        &["shims", "dns"],
        "true, false or table",
        "`true`",
        "Names: the registry, then the virtual hosts file, then the system if it is granted.",
    ),
    key(
        &["shims", "dns", "ttl-seconds"],
        "seconds",
        "`30`",
        "How long an answer is served from the cache; 0 keeps none.",
    ),
    key(
        &["shims", "dns", "negative-ttl-seconds"],
        "seconds",
        "`5`",
        "How long a name that the system does not know is not asked for again; 0 asks every time.",
    ),
    key(&["shims", "dns", "cache-entries"], "whole number", "`1024`", "How many names the cache keeps."),
    key(
        &["shims", "dns", "system"],
        "true or false",
        "`false`",
        "Whether a name that neither the registry nor the hosts file knows may be asked of the machine's own resolver.",
    ),
    key(
        &["shims", "signals"],
        "true or false",
        "`true`",
        "Life-cycle signals for guests that ask for them: `terminate`, `hangup`, `interrupt`.",
    ),
    key(
        &["shims", "sockets"],
        "true or false",
        "`true`",
        "TCP and UDP, to what `[network]` grants. Switched off, a guest has no network at all.",
    ),
    key(
        &["shims", "threading"],
        "true or false",
        "`true`",
        "The declaration of a threading model. A guest that requires parallel threads runs cooperatively, with a warning.",
    ),
    key(
        &["shims", "database-proxy"],
        "true, false or table",
        "`true`",
        "Sessions of databases for guests that ask for them by `warpgrid:shim/database-proxy`. Guests with ordinary drivers do not need it.",
    ),
    key(
        &["shims", "database-proxy", "recv-seconds"],
        "seconds",
        "`30`",
        "How long a receive waits that names no time itself.",
    ),
    key(
        &["shims", "database-proxy", "drain-seconds"],
        "seconds",
        "`30`",
        "How long sessions may go on after the host was asked to end, those of ordinary drivers included.",
    ),
];

/// Unknown names are not refused here: they are warnings.
#[derive(Debug, serde::Deserialize)]
#[serde(default, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::config) struct RawShims {
    filesystem: Toggle<RawFilesystem>,
    dns: Toggle<RawDns>,
    signals: bool,
    sockets: bool,
    threading: bool,
    database_proxy: Toggle<RawDatabaseProxy>,
}

impl Default for RawShims {
    fn default() -> Self {
        Self {
            filesystem: Toggle::default(),
            dns: Toggle::default(),
            signals: true,
            sockets: true,
            threading: true,
            database_proxy: Toggle::default(),
        }
    }
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
struct RawFilesystem {
    nameservers: Option<Vec<IpAddr>>,
    time_zones: Option<bool>,
    local_time_zone: Option<String>,
    extra_virtual_paths: BTreeMap<String, String>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
struct RawDns {
    ttl_seconds: Option<Seconds>,
    negative_ttl_seconds: Option<Seconds>,
    cache_entries: Option<Count>,
    system: Option<bool>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
struct RawDatabaseProxy {
    recv_seconds: Option<Seconds>,
    drain_seconds: Option<Seconds>,
}

pub(in crate::config) fn read(reader: &Reader<'_>, raw: RawShims) -> Result<ShimConfig, ConfigError> {
    Ok(ShimConfig {
        filesystem: match raw.filesystem {
            Toggle::Off => None,
            Toggle::On(raw) => Some(filesystem(reader, raw)?),
        },
        dns: match raw.dns {
            Toggle::Off => None,
            Toggle::On(raw) => Some(dns(reader, &raw)?),
        },
        signals: raw.signals.then(SignalsConfig::default),
        sockets: raw.sockets.then(SocketsConfig::default),
        threading: raw.threading.then(ThreadingConfig::default),
        database_proxy: match raw.database_proxy {
            Toggle::Off => None,
            Toggle::On(raw) => Some(database_proxy(reader, &raw)?),
        },
    })
}

fn database_proxy(reader: &Reader<'_>, raw: &RawDatabaseProxy) -> Result<DatabaseProxyConfig, ConfigError> {
    let table = reader.table(&["shims", "database-proxy"]);
    let mut config = DatabaseProxyConfig::default();
    table.some_seconds("recv-seconds", raw.recv_seconds, &mut config.receive)?;
    table.seconds(raw.drain_seconds, &mut config.drain);
    Ok(config)
}

fn dns(reader: &Reader<'_>, raw: &RawDns) -> Result<DnsConfig, ConfigError> {
    let table = reader.table(&["shims", "dns"]);
    let mut dns = DnsConfig::default();
    table.seconds(raw.ttl_seconds, &mut dns.time_to_live);
    table.seconds(raw.negative_ttl_seconds, &mut dns.negative_time_to_live);
    table.count("cache-entries", raw.cache_entries, 0..=10_000_000, &mut dns.cache_entries)?;
    dns.system = raw.system.unwrap_or(dns.system);
    Ok(dns)
}

fn filesystem(reader: &Reader<'_>, raw: RawFilesystem) -> Result<FilesystemConfig, ConfigError> {
    for path in raw.extra_virtual_paths.keys() {
        NormalPath::new(path).map_err(|error| {
            reader.error(&["shims", "filesystem", "extra-virtual-paths", path], format!("`{path}`: {error}"))
        })?;
    }
    let default = FilesystemConfig::default();
    Ok(FilesystemConfig {
        nameservers: raw.nameservers.unwrap_or(default.nameservers),
        time_zones: raw.time_zones.unwrap_or(default.time_zones),
        local_time_zone: raw.local_time_zone,
        extra_virtual_paths: raw.extra_virtual_paths,
    })
}
