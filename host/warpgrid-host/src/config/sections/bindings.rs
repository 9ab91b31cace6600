//! `[bindings]`: databases that the guest can connect to; holds no secret, only where one is.

use crate::config::error::ConfigError;
use crate::config::keys::{Key, key};
use crate::config::reader::Reader;
use crate::config::secrets::SecretSource;
use crate::config::values::{Count, Seconds};
use std::collections::BTreeMap;
use std::path::PathBuf;
use warpgrid_grants::names::HostName;
use warpgrid_grants::net::{Binding, BindingProtocol};
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::net::ServerAddress;

pub(in crate::config) const KEYS: &[Key] = &[
    key(
        &["bindings"],
        "table",
        "empty",
        "Databases that the host connects to for the guest, which never sees a password.",
    ),
    key(&["bindings", "*"], "table", "", "One database; the key names it in logs and errors."),
    key(&["bindings", "*", "protocol"], "text", "required", "`\"postgres\"`, `\"mysql\"` or `\"redis\"`."),
    key(
        &["bindings", "*", "address"],
        "text",
        "required",
        "Host and port as the guest connects to them, such as `\"db.production.warp.local:5432\"`.",
    ),
    key(
        &["bindings", "*", "server"],
        "text",
        "that of `address`",
        "Where the server really is, if the guest knows it by another address: host and port, or `unix:` and the path of a socket.",
    ),
    key(
        &["bindings", "*", "database"],
        "text",
        "that of the server",
        "The database to use; for Redis its number. A guest that names another one is refused; without this key it may name any.",
    ),
    key(
        &["bindings", "*", "user"],
        "text",
        "`postgres`, `root` or the default user",
        "The user that the host logs in as.",
    ),
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
    key(
        &["bindings", "*", "guest"],
        "table",
        "anyone",
        "What a guest has to say to be let in. Without it, user name and password of the guest are not looked at.",
    ),
    key(&["bindings", "*", "guest", "user"], "text", "required", "The user name that the guest must give."),
    key(
        &["bindings", "*", "guest", "password"],
        "`{ env = \"VARIABLE\" }` or `{ file = \"PATH\" }`",
        "required",
        "Where the password is that the guest must give. It is not that of the server.",
    ),
    key(
        &["bindings", "*", "guest", "password", "env"],
        "text",
        "",
        "The variable of the host's environment that holds it.",
    ),
    key(&["bindings", "*", "guest", "password", "file"], "text", "", "The file that holds it."),
    key(
        &["bindings", "*", "tls"],
        "table",
        "",
        "Encryption on the way to the server. Over a Unix socket there is none.",
    ),
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
    key(
        &["bindings", "*", "tls", "direct"],
        "true or false",
        "`false`",
        "PostgreSQL 17 and later: begin with TLS at once, without asking first. Redis always does, MySQL never.",
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
    key(
        &["bindings", "*", "pool", "queue"],
        "whole number",
        "`1000`",
        "How many guests may wait for a session; one more is refused at once.",
    ),
    key(
        &["bindings", "*", "pool", "lifetime-seconds"],
        "seconds",
        "`3600`",
        "How old a session may get, less up to a tenth by chance.",
    ),
    key(
        &["bindings", "*", "pool", "healthcheck-seconds"],
        "seconds",
        "`30`",
        "After how long without use a session is asked whether it lives.",
    ),
    key(
        &["bindings", "*", "pool", "connect-seconds"],
        "seconds",
        "`15`",
        "How long connecting, encryption and login may take together.",
    ),
    key(
        &["bindings", "*", "pool", "retry-seconds"],
        "seconds",
        "`1`",
        "How long nobody tries again after the server was not reached; guests are refused at once meanwhile.",
    ),
    key(
        &["bindings", "*", "pool", "greeting-seconds"],
        "seconds",
        "`15`",
        "How long a guest may take to say who it is.",
    ),
    key(
        &["bindings", "*", "pool", "stall-seconds"],
        "seconds",
        "`60`",
        "How long a guest may leave an answer unread, or a message half sent, before its session is destroyed; less than 4 KiB in that time counts as nothing.",
    ),
    key(
        &["bindings", "*", "pool", "reply-seconds"],
        "seconds",
        "`300`",
        "How long the server may take for the next byte of an answer.",
    ),
    key(
        &["bindings", "*", "pool", "transaction-seconds"],
        "seconds",
        "`300`",
        "How long a transaction may stand open without a byte, before its session is destroyed.",
    ),
    key(
        &["bindings", "*", "pool", "reset-seconds"],
        "seconds",
        "`5`",
        "How long resetting a session may take, before it is destroyed.",
    ),
];

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::config) struct RawBinding {
    protocol: Option<String>,
    address: Option<String>,
    server: Option<String>,
    database: Option<String>,
    user: Option<String>,
    password: Option<SecretSource>,
    guest: Option<RawGuest>,
    tls: RawTls,
    pool: RawPool,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
struct RawGuest {
    user: Option<String>,
    password: Option<SecretSource>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
struct RawTls {
    mode: Option<String>,
    ca: Option<String>,
    direct: bool,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
struct RawPool {
    size: Option<Count>,
    queue: Option<Count>,
    wait_seconds: Option<Seconds>,
    idle_seconds: Option<Seconds>,
    lifetime_seconds: Option<Seconds>,
    healthcheck_seconds: Option<Seconds>,
    connect_seconds: Option<Seconds>,
    retry_seconds: Option<Seconds>,
    greeting_seconds: Option<Seconds>,
    stall_seconds: Option<Seconds>,
    reply_seconds: Option<Seconds>,
    transaction_seconds: Option<Seconds>,
    reset_seconds: Option<Seconds>,
}

/// A database that the host connects to for the guest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingConfig {
    /// Its name, protocol, host and port, as the sockets' doors need them.
    pub binding: Binding,
    /// Where the server really is. Default the host and port of `binding`.
    pub server: ServerAddress,
    /// The database to use. Default that of the server.
    pub database: Option<String>,
    /// The user to log in as. Default that of the protocol.
    pub user: Option<String>,
    /// Where the password is. Default none.
    pub password: Option<SecretSource>,
    /// What a guest has to say to be let in. Default anything.
    pub guest: Option<GuestCredentials>,
    /// Encryption on the way to the server.
    pub tls: TlsConfig,
    /// Limits and time-outs of the sessions.
    pub pool: PoolOptions,
}

/// What a guest has to say to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestCredentials {
    /// The user name.
    pub user: String,
    /// Where the password is.
    pub password: SecretSource,
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
    /// Whether a PostgreSQL server is greeted with TLS at once. Default false.
    pub direct: bool,
}

pub(in crate::config) fn read(
    reader: &Reader<'_>,
    raw: BTreeMap<String, RawBinding>,
) -> Result<Vec<BindingConfig>, ConfigError> {
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
    let server = match &raw.server {
        None => ServerAddress::Tcp { host: host.clone(), port },
        Some(server) => server_address(server).map_err(|what| table.error("server", what))?,
    };
    let is_number = |database: &String| database.parse::<u16>().is_ok();
    if protocol == BindingProtocol::Redis && !raw.database.iter().all(is_number) {
        return Err(table.error("database", "a database of Redis is a number, such as \"0\""));
    }
    let guest = match raw.guest {
        None => None,
        Some(RawGuest { user: Some(user), password: Some(password) }) => {
            Some(GuestCredentials { user, password })
        }
        Some(_) => {
            let message = format!("`[bindings.{name}.guest]`: a user name and a password belong together");
            return Err(reader.error(&[path[0], path[1], "guest"], message));
        }
    };
    Ok(BindingConfig {
        binding: Binding { name: name.to_owned(), protocol, host, port },
        server,
        database: raw.database,
        user: raw.user,
        password: raw.password,
        guest,
        tls: tls(reader, name, protocol, raw.tls)?,
        pool: pool(reader, name, &raw.pool)?,
    })
}

fn tls(
    reader: &Reader<'_>,
    name: &str,
    protocol: BindingProtocol,
    raw: RawTls,
) -> Result<TlsConfig, ConfigError> {
    let path = ["bindings", name, "tls"];
    let table = reader.table(&path);
    let mode = match raw.mode.as_deref() {
        None => TlsMode::default(),
        Some("verify-full") => TlsMode::VerifyFull,
        Some("verify-ca") => TlsMode::VerifyCa,
        Some("disable") => TlsMode::Disable,
        Some(other) => {
            let known = "known are \"verify-full\", \"verify-ca\" and \"disable\"";
            return Err(table.error("mode", &format!("`{other}` is not a mode; {known}")));
        }
    };
    if mode == TlsMode::Disable && raw.ca.is_some() {
        return Err(table.error("ca", "with mode \"disable\" no authority is asked"));
    }
    if raw.direct && (mode == TlsMode::Disable || protocol != BindingProtocol::Postgres) {
        return Err(table.error("direct", "only PostgreSQL has the choice, and only with encryption"));
    }
    Ok(TlsConfig { mode, ca: raw.ca.map(PathBuf::from), direct: raw.direct })
}

fn pool(reader: &Reader<'_>, name: &str, raw: &RawPool) -> Result<PoolOptions, ConfigError> {
    let path = ["bindings", name, "pool"];
    let (table, mut pool) = (reader.table(&path), PoolOptions::default());
    table.count("size", raw.size, 1..=10_000, &mut pool.size)?;
    table.count("queue", raw.queue, 0..=1_000_000, &mut pool.queue)?;
    table.seconds(raw.wait_seconds, &mut pool.wait);
    table.seconds(raw.idle_seconds, &mut pool.idle);
    table.some_seconds("lifetime-seconds", raw.lifetime_seconds, &mut pool.lifetime)?;
    table.some_seconds("healthcheck-seconds", raw.healthcheck_seconds, &mut pool.healthcheck)?;
    table.some_seconds("connect-seconds", raw.connect_seconds, &mut pool.connect)?;
    table.seconds(raw.retry_seconds, &mut pool.retry);
    table.some_seconds("greeting-seconds", raw.greeting_seconds, &mut pool.greeting)?;
    table.some_seconds("stall-seconds", raw.stall_seconds, &mut pool.stall)?;
    table.some_seconds("reply-seconds", raw.reply_seconds, &mut pool.reply)?;
    table.some_seconds("transaction-seconds", raw.transaction_seconds, &mut pool.transaction)?;
    table.some_seconds("reset-seconds", raw.reset_seconds, &mut pool.reset)?;
    Ok(pool)
}

fn server_address(text: &str) -> Result<ServerAddress, &'static str> {
    match text.strip_prefix("unix:") {
        Some("") => Err("after `unix:` comes the path of a socket"),
        Some(path) => Ok(ServerAddress::Unix(path.into())),
        None => host_and_port(text).map(|(host, port)| ServerAddress::Tcp { host, port }),
    }
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
