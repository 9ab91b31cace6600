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
];

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::config) struct RawListener {
    binding: Option<String>,
    address: Option<String>,
    socket: Option<String>,
    tenant: Option<String>,
    clients: Option<Count>,
    tls: Option<RawListenerTls>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
struct RawListenerTls {
    certificate: Option<String>,
    key: Option<String>,
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
    /// Certificate and key for encryption on the way from the programs, as the paths are written. Default none.
    pub tls: Option<(PathBuf, PathBuf)>,
}

/// Where a listener listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenPlace {
    /// TCP.
    Tcp(SocketAddr),
    /// A Unix socket, as the path is written.
    Unix(PathBuf),
}

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
        let place = match (raw.address, raw.socket) {
            (Some(address), None) => {
                let wrong = "not an address and port such as \"127.0.0.1:6432\" or \"[::1]:6432\"";
                ListenPlace::Tcp(address.parse().map_err(|_| table.error("address", wrong))?)
            }
            (None, Some(socket)) if !socket.is_empty() => ListenPlace::Unix(socket.into()),
            (Some(_), Some(_)) => return Err(table.error("socket", "it is an address or a socket, not both")),
            _ => return Err(missing("`address = \"127.0.0.1:PORT\"` or `socket = \"PATH\"`")),
        };
        let same = |known: &&ListenerConfig| {
            known.place == place && !matches!(place, ListenPlace::Tcp(address) if address.port() == 0)
        };
        if let Some(other) = listeners.iter().find(same) {
            return Err(missing(&format!("another place: `listeners.{}` listens there", other.name)));
        }
        let tls = match raw.tls {
            None => None,
            Some(RawListenerTls { certificate: Some(certificate), key: Some(key) }) => {
                Some((certificate.into(), key.into()))
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
