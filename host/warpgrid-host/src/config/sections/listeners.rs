//! `[listeners]`: where `warp proxy` waits for native programs; opens no socket.

use super::bindings::BindingConfig;
use crate::config::error::ConfigError;
use crate::config::keys::{Key, key};
use crate::config::reader::Reader;
use crate::config::values::Count;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

pub(in crate::config) const KEYS: &[Key] = &[
    key(
        &["listeners"],
        "table",
        "empty",
        "Where `warp proxy` waits for native programs. `warp run` does not look at it.",
    ),
    key(&["listeners", "*"], "table", "", "One listener; the key names it in logs."),
    key(&["listeners", "*", "binding"], "text", "required", "The binding whose sessions it gives."),
    key(
        &["listeners", "*", "address"],
        "text",
        "none",
        "The address and port to listen on, such as `\"127.0.0.1:6432\"`; port 0 takes a free one.",
    ),
    key(
        &["listeners", "*", "socket"],
        "text",
        "none",
        "The Unix socket to listen on, in place of an address. A relative path starts at the folder of `warp.toml`.",
    ),
    key(
        &["listeners", "*", "mode"],
        "text",
        "\"0600\", the owner alone",
        "The mode of the Unix socket, as of `chmod`: who may write to it may connect.",
    ),
    key(
        &["listeners", "*", "tenant"],
        "text",
        "the listener's own name",
        "Whose sessions they are: two listeners of different tenants never share one.",
    ),
    key(
        &["listeners", "*", "clients"],
        "whole number",
        "`1000`",
        "How many programs may be connected at the same time.",
    ),
    key(&["listeners", "*", "tls"], "table", "plain text only", "Encryption on the way from the programs."),
    key(
        &["listeners", "*", "tls", "certificate"],
        "text",
        "required",
        "The listener's certificate and those between it and its authority, in PEM form.",
    ),
    key(&["listeners", "*", "tls", "key"], "text", "required", "Its private key, in PEM form."),
    key(
        &["listeners", "*", "tls", "required"],
        "true or false",
        "false",
        "Whether programs without encryption are refused. Those of Redis always are.",
    ),
];

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::config) struct RawListener {
    binding: Option<String>,
    address: Option<String>,
    socket: Option<String>,
    mode: Option<String>,
    tenant: Option<String>,
    clients: Option<Count>,
    tls: Option<RawListenerTls>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
struct RawListenerTls {
    certificate: Option<String>,
    key: Option<String>,
    required: bool,
}

/// Where `warp proxy` waits for native programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerConfig {
    /// What logs call it.
    pub name: String,
    /// The binding whose sessions it gives.
    pub binding: String,
    /// Where it listens.
    pub place: ListenPlace,
    /// Whose sessions they are. Default `name`.
    pub tenant: String,
    /// How many programs may be connected at the same time. Default 1,000.
    pub clients: usize,
    /// Encryption on the way from the programs. Default none.
    pub tls: Option<ListenerTls>,
}

/// Encryption on the way from the programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenerTls {
    /// The certificates, as the path is written.
    pub certificate: PathBuf,
    /// The private key, as the path is written.
    pub key: PathBuf,
    /// Whether programs without encryption are refused. Default false.
    pub required: bool,
}

/// Where a listener listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenPlace {
    /// TCP.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix {
        /// Its path, as it is written.
        path: PathBuf,
        /// Its mode. Default 0o600.
        mode: u32,
    },
}

/// The mode of a Unix socket, unless told otherwise.
const OWNER_ONLY: u32 = 0o600;

pub(in crate::config) fn read(
    reader: &Reader<'_>,
    raw: BTreeMap<String, RawListener>,
    bindings: &[BindingConfig],
) -> Result<Vec<ListenerConfig>, ConfigError> {
    let mut listeners: Vec<ListenerConfig> = Vec::new();
    for (name, raw) in raw {
        let path = ["listeners", name.as_str()];
        let table = reader.table(&path);
        let missing = |what: &str| reader.error(&path, format!("`[listeners.{name}]`: add {what}"));
        let binding = raw.binding.ok_or_else(|| missing("`binding = \"NAME\"`"))?;
        if !bindings.iter().any(|known| known.binding.name == binding) {
            return Err(table.error("binding", &format!("there is no `[bindings.{binding}]`")));
        }
        let mode =
            raw.mode.as_deref().map(file_mode).transpose().map_err(|what| table.error("mode", what))?;
        let place = match (raw.address, raw.socket) {
            (Some(_), None) if mode.is_some() => {
                return Err(table.error("mode", "only a Unix socket has a mode"));
            }
            (Some(address), None) => {
                let wrong = "not an address and port such as \"127.0.0.1:6432\" or \"[::1]:6432\"";
                ListenPlace::Tcp(address.parse().map_err(|_| table.error("address", wrong))?)
            }
            (None, Some(socket)) if !socket.is_empty() => {
                ListenPlace::Unix { path: socket.into(), mode: mode.unwrap_or(OWNER_ONLY) }
            }
            (Some(_), Some(_)) => return Err(table.error("socket", "it is an address or a socket, not both")),
            _ => return Err(missing("`address = \"127.0.0.1:PORT\"` or `socket = \"PATH\"`")),
        };
        let same = |known: &&ListenerConfig| match (&known.place, &place) {
            (ListenPlace::Tcp(known), ListenPlace::Tcp(address)) => known == address && address.port() != 0,
            (ListenPlace::Unix { path: known, .. }, ListenPlace::Unix { path, .. }) => known == path,
            _ => false,
        };
        if let Some(other) = listeners.iter().find(same) {
            return Err(missing(&format!("another place: `listeners.{}` listens there", other.name)));
        }
        let tls = match raw.tls {
            None => None,
            Some(RawListenerTls { certificate: Some(certificate), key: Some(key), required }) => {
                Some(ListenerTls { certificate: certificate.into(), key: key.into(), required })
            }
            Some(_) => {
                let message = format!("`[listeners.{name}.tls]`: a certificate and its key belong together");
                return Err(reader.error(&[path[0], path[1], "tls"], message));
            }
        };
        let mut clients = 1000;
        table.count("clients", raw.clients, 1..=1_000_000, &mut clients)?;
        let tenant = raw.tenant.unwrap_or_else(|| name.clone());
        listeners.push(ListenerConfig { binding, place, tenant, clients, tls, name });
    }
    Ok(listeners)
}

fn file_mode(text: &str) -> Result<u32, &'static str> {
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| *mode <= 0o777 && !text.starts_with('+'));
    mode.ok_or("not a mode such as \"0660\"")
}
