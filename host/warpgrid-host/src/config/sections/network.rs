//! `[network]`: what the guest may reach, and how its requests leave the host; connects to nothing.

use crate::config::error::ConfigError;
use crate::config::keys::{Key, key};
use crate::config::reader::Reader;
use crate::config::values::{Count, Seconds, Size};
use std::path::PathBuf;
use std::time::Duration;
use warpgrid_grants::net::NetworkPolicy;

pub(in crate::config) const KEYS: &[Key] = &[
    key(
        &["network"],
        "table",
        "",
        "What the guest may reach over the network: nothing, unless it is granted here.",
    ),
    key(
        &["network", "allow"],
        "list of texts",
        "empty",
        "Where the guest may connect to, as `host:port`. The host is a name, `*.suffix`, an address, a block such as `10.0.0.0/8`, or `*` for every public address; the port a number, a range or `*`. Private, loopback and metadata addresses must be named.",
    ),
    key(
        &["network", "listen"],
        "list of texts",
        "empty",
        "Where the guest itself may listen, as `address:port`.",
    ),
    key(
        &["network", "ca-file"],
        "text",
        "none",
        "Certificate authorities in PEM form that outgoing HTTPS trusts besides the built-in ones. A relative path starts at the folder of `warp.toml`.",
    ),
    key(
        &["network", "built-in-authorities"],
        "true or false",
        "`true`",
        "Whether outgoing HTTPS trusts the built-in authorities (Mozilla's). False needs `ca-file`.",
    ),
    key(
        &["network", "connect-seconds"],
        "seconds",
        "`10`",
        "The longest time for the look-up, the connection and the TLS handshake of an outgoing request. A guest may ask for less.",
    ),
    key(
        &["network", "first-byte-seconds"],
        "seconds",
        "`60`",
        "The longest wait for the head of a response. A guest may ask for less.",
    ),
    key(
        &["network", "between-bytes-seconds"],
        "seconds",
        "`60`",
        "The longest wait for the next bytes of a response's body. A guest may ask for less.",
    ),
    key(
        &["network", "concurrent-requests"],
        "whole number",
        "`128`",
        "Outgoing requests that one instance may have under way at the same time.",
    ),
    key(
        &["network", "response-head-size"],
        "size",
        "`\"64KiB\"`",
        "The largest head of a response. At least 8 KiB.",
    ),
    key(
        &["network", "service-hops"],
        "whole number",
        "`16`",
        "How many services of the application a request may pass through: what ends a loop.",
    ),
];

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::config) struct RawNetwork {
    allow: Vec<String>,
    listen: Vec<String>,
    ca_file: Option<String>,
    built_in_authorities: Option<bool>,
    connect_seconds: Option<Seconds>,
    first_byte_seconds: Option<Seconds>,
    between_bytes_seconds: Option<Seconds>,
    concurrent_requests: Option<Count>,
    response_head_size: Option<Size>,
    service_hops: Option<Count>,
}

/// The rules as they are written, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkRules {
    /// `network.allow`.
    pub allow: Vec<String>,
    /// `network.listen`.
    pub listen: Vec<String>,
}

/// How outgoing requests leave the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingSettings {
    /// Authorities in PEM form that are trusted besides the built-in ones, as the path is written. Default none.
    pub ca_file: Option<PathBuf>,
    /// Whether the built-in authorities are trusted. Default true.
    pub built_in_authorities: bool,
    /// The longest time for the look-up, the connection and the TLS handshake together. Default 10 seconds.
    pub connect: Duration,
    /// The longest wait for the head of a response. Default 60 seconds.
    pub first_byte: Duration,
    /// The longest wait for the next bytes of a response's body. Default 60 seconds.
    pub between_bytes: Duration,
    /// Requests that one instance may have under way at the same time. Default 128.
    pub concurrent_requests: usize,
    /// The largest head of a response, in bytes; at least 8192. Default 64 KiB.
    pub response_head_bytes: usize,
    /// How many services of the application a request may pass through. Default 16.
    pub hops: usize,
}

impl Default for OutgoingSettings {
    fn default() -> Self {
        Self {
            ca_file: None,
            built_in_authorities: true,
            connect: Duration::from_secs(10),
            first_byte: Duration::from_secs(60),
            between_bytes: Duration::from_secs(60),
            concurrent_requests: 128,
            response_head_bytes: 64 << 10,
            hops: 16,
        }
    }
}

pub(in crate::config) fn read(
    reader: &Reader<'_>,
    raw: RawNetwork,
) -> Result<(NetworkPolicy, NetworkRules, OutgoingSettings), ConfigError> {
    let table = reader.table(&["network"]);
    // One list at a time, so that an error names its key.
    NetworkPolicy::new(&raw.allow, &[]).map_err(|error| table.error("allow", &error.to_string()))?;
    NetworkPolicy::new(&[], &raw.listen).map_err(|error| table.error("listen", &error.to_string()))?;
    let policy = NetworkPolicy::new(&raw.allow, &raw.listen)
        .map_err(|error| table.error("allow", &error.to_string()))?;
    let mut outgoing = OutgoingSettings {
        ca_file: raw.ca_file.map(PathBuf::from),
        built_in_authorities: raw.built_in_authorities.unwrap_or(true),
        ..OutgoingSettings::default()
    };
    if !outgoing.built_in_authorities && outgoing.ca_file.is_none() {
        return Err(table.error("built-in-authorities", "without them, `ca-file` must name others"));
    }
    table.some_seconds("connect-seconds", raw.connect_seconds, &mut outgoing.connect)?;
    table.some_seconds("first-byte-seconds", raw.first_byte_seconds, &mut outgoing.first_byte)?;
    table.some_seconds("between-bytes-seconds", raw.between_bytes_seconds, &mut outgoing.between_bytes)?;
    table.count(
        "concurrent-requests",
        raw.concurrent_requests,
        0..=1_000_000,
        &mut outgoing.concurrent_requests,
    )?;
    table.size(
        "response-head-size",
        raw.response_head_size,
        8 << 10..=16 << 20,
        &mut outgoing.response_head_bytes,
    )?;
    table.count("service-hops", raw.service_hops, 0..=1000, &mut outgoing.hops)?;
    Ok((policy, NetworkRules { allow: raw.allow, listen: raw.listen }, outgoing))
}
