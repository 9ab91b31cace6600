//! `[bindings]`: databases that the guest can connect to; holds no secret, only where one is.

use crate::VERSION;
use crate::config::error::ConfigError;
use crate::config::keys::{Key, key};
use crate::config::reader::Reader;
use crate::config::secrets::SecretSource;
use crate::config::values::{Count, Seconds};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use warpgrid_grants::names::HostName;
use warpgrid_grants::net::{Binding, BindingProtocol};

pub(in crate::config) const KEYS: &[Key] = &[
    key(
        &["bindings"],
        "table",
        "empty",
        "Databases that the host connects to for the guest, which never sees a password. This version checks them and cannot connect yet.",
    ),
    key(&["bindings", "*"], "table", "", "One database; the key names it in logs and errors."),
    key(&["bindings", "*", "protocol"], "text", "required", "`\"postgres\"`, `\"mysql\"` or `\"redis\"`."),
    key(
        &["bindings", "*", "address"],
        "text",
        "required",
        "Host and port as the guest connects to them, such as `\"db.production.warp.local:5432\"`.",
    ),
    key(&["bindings", "*", "database"], "text", "that of the server", "The database to use."),
    key(&["bindings", "*", "user"], "text", "none", "The user to log in as."),
    key(
        &["bindings", "*", "password"],
        "`{ env = \"VARIABLE\" }` or `{ file = \"PATH\" }`",
        "none",
        "Where the password is. It is read once at the start; one that is not there is an error. It cannot be written here.",
    ),
    key(
        &["bindings", "*", "password", "env"],
        "text",
        "",
        "The variable of the host's environment that holds it.",
    ),
    key(
        &["bindings", "*", "password", "file"],
        "text",
        "",
        "The file that holds it; a line end at its end does not count. A relative path starts at the folder of `warp.toml`.",
    ),
    key(&["bindings", "*", "tls"], "table", "", "Encryption on the way to the server."),
    key(
        &["bindings", "*", "tls", "mode"],
        "text",
        "`\"verify-full\"`",
        "`\"verify-full\"` checks the certificate and the name in it, `\"verify-ca\"` the certificate, `\"disable\"` sends everything in plain text.",
    ),
    key(
        &["bindings", "*", "tls", "ca"],
        "text",
        "the built-in authorities",
        "The authorities to trust, in PEM form. A relative path starts at the folder of `warp.toml`.",
    ),
    key(&["bindings", "*", "pool"], "table", "", "How many sessions are kept, and for how long."),
    key(
        &["bindings", "*", "pool", "size"],
        "whole number",
        "`10`",
        "Sessions that may be open at the same time.",
    ),
    key(
        &["bindings", "*", "pool", "wait-seconds"],
        "seconds",
        "`5`",
        "How long a guest waits for a session when all are taken.",
    ),
    key(
        &["bindings", "*", "pool", "idle-seconds"],
        "seconds",
        "`300`",
        "How long a session that nobody uses is kept.",
    ),
];

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::config) struct RawBinding {
    protocol: Option<String>,
    address: Option<String>,
    database: Option<String>,
    user: Option<String>,
    password: Option<SecretSource>,
    tls: RawTls,
    pool: RawPool,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
struct RawTls {
    mode: Option<String>,
    ca: Option<String>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
struct RawPool {
    size: Option<Count>,
    wait_seconds: Option<Seconds>,
    idle_seconds: Option<Seconds>,
}

/// A database that the host connects to for the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingConfig {
    /// Its name, protocol, host and port, as the sockets' doors need them.
    pub binding: Binding,
    /// The database to use. Default that of the server.
    pub database: Option<String>,
    /// The user to log in as. Default none.
    pub user: Option<String>,
    /// Where the password is. Default none.
    pub password: Option<SecretSource>,
    /// Encryption on the way to the server.
    pub tls: TlsConfig,
    /// How many sessions are kept, and for how long.
    pub pool: PoolConfig,
}

/// How far the server's identity is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsMode {
    /// The certificate and the name in it.
    #[default]
    VerifyFull,
    /// The certificate, not the name.
    VerifyCa,
    /// No encryption.
    Disable,
}

/// Encryption on the way to a database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsConfig {
    /// How far the server's identity is checked. Default fully.
    pub mode: TlsMode,
    /// The authorities to trust, in PEM form, as the path is written. Default the built-in ones.
    pub ca: Option<PathBuf>,
}

/// The sessions of a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolConfig {
    /// Sessions that may be open at the same time. Default 10.
    pub size: usize,
    /// How long a guest waits for a session. Default 5 seconds.
    pub wait: Duration,
    /// How long a session that nobody uses is kept. Default 300 seconds.
    pub idle: Duration,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self { size: 10, wait: Duration::from_secs(5), idle: Duration::from_secs(300) }
    }
}

pub(in crate::config) fn read(
    reader: &mut Reader<'_>,
    raw: BTreeMap<String, RawBinding>,
) -> Result<Vec<BindingConfig>, ConfigError> {
    if !raw.is_empty() {
        let message = format!("warp {VERSION} checks `[bindings]` and cannot connect to a database yet");
        reader.warn(&["bindings"], message);
    }
    let mut bindings: Vec<BindingConfig> = Vec::new();
    for (name, raw) in raw {
        let binding = one(reader, &name, raw)?;
        let (host, port) = (&binding.binding.host, binding.binding.port);
        if let Some(other) = bindings.iter().find(|b| b.binding.host == *host && b.binding.port == port) {
            let message = format!("`bindings.{}` has the same address", other.binding.name);
            return Err(reader.table(&["bindings", &name]).error("address", &message));
        }
        bindings.push(binding);
    }
    Ok(bindings)
}

fn one(reader: &Reader<'_>, name: &str, raw: RawBinding) -> Result<BindingConfig, ConfigError> {
    let path = ["bindings", name];
    let table = reader.table(&path);
    let missing = |what: &str| reader.error(&path, format!("`[bindings.{name}]`: add {what}"));
    let protocol = match raw.protocol.as_deref() {
        Some("postgres") => BindingProtocol::Postgres,
        Some("mysql") => BindingProtocol::Mysql,
        Some("redis") => BindingProtocol::Redis,
        Some(other) => {
            let known = "known are \"postgres\", \"mysql\" and \"redis\"";
            return Err(table.error("protocol", &format!("`{other}` is not a protocol; {known}")));
        }
        None => return Err(missing("`protocol = \"postgres\"`, `\"mysql\"` or `\"redis\"`")),
    };
    let address = raw.address.ok_or_else(|| missing("`address = \"HOST:PORT\"`"))?;
    let (host, port) = host_and_port(&address).map_err(|what| table.error("address", what))?;
    let below = [path[0], path[1], "tls"];
    let mode = match raw.tls.mode.as_deref() {
        None => TlsMode::default(),
        Some("verify-full") => TlsMode::VerifyFull,
        Some("verify-ca") => TlsMode::VerifyCa,
        Some("disable") => TlsMode::Disable,
        Some(other) => {
            let known = "known are \"verify-full\", \"verify-ca\" and \"disable\"";
            return Err(reader.table(&below).error("mode", &format!("`{other}` is not a mode; {known}")));
        }
    };
    if mode == TlsMode::Disable && raw.tls.ca.is_some() {
        return Err(reader.table(&below).error("ca", "with mode \"disable\" no authority is asked"));
    }
    let below = [path[0], path[1], "pool"];
    let (table, mut pool) = (reader.table(&below), PoolConfig::default());
    table.count("size", raw.pool.size, 1..=10_000, &mut pool.size)?;
    table.seconds(raw.pool.wait_seconds, &mut pool.wait);
    table.seconds(raw.pool.idle_seconds, &mut pool.idle);
    Ok(BindingConfig {
        binding: Binding { name: name.to_owned(), protocol, host, port },
        database: raw.database,
        user: raw.user,
        password: raw.password,
        tls: TlsConfig { mode, ca: raw.tls.ca.map(PathBuf::from) },
        pool,
    })
}

/// The error says nothing of the text: a whole connection string may hold a password.
fn host_and_port(text: &str) -> Result<(String, u16), &'static str> {
    const EXPECTED: &str = "not a host and port such as \"db.warp.local:5432\" or \"[fd00::5]:5432\"";
    if text.contains(['@', '/']) {
        return Err(
            "not a connection string: host and port stand here, user and password in keys of their own",
        );
    }
    if let Ok(address) = text.parse::<std::net::SocketAddr>() {
        return if address.port() == 0 {
            Err(EXPECTED)
        } else {
            Ok((address.ip().to_string(), address.port()))
        };
    }
    let (host, port) = text.rsplit_once(':').ok_or(EXPECTED)?;
    match (HostName::new(host), port.parse()) {
        (Ok(name), Ok(port)) if port != 0 => Ok((name.as_str().to_owned(), port)),
        _ => Err(EXPECTED),
    }
}
