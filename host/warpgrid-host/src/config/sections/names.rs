//! `registry-file`, `[registry]` and `[hosts]`: names with their addresses; asks nobody.

use crate::config::error::ConfigError;
use crate::config::keys::{Key, key};
use crate::config::reader::Reader;
use crate::config::values::Addresses;
use std::collections::{BTreeMap, BTreeSet};
use warpgrid_grants::names::{HostName, ServiceRegistry};

pub(in crate::config) const KEYS: &[Key] = &[
    key(
        &["registry-file"],
        "text",
        "none",
        "A file with further services, in the form of `[registry]`. It is watched and read again when it changes. Stands before the first table; a relative path starts at the folder of `warp.toml`.",
    ),
    key(
        &["registry"],
        "table",
        "empty",
        "The service registry: names that the guest can resolve, with their addresses. They are also in `/etc/hosts`.",
    ),
    key(
        &["registry", "*"],
        "address, or list of addresses",
        "",
        "The addresses of one service, IPv4 or IPv6. Several take turns. A name with dots stands in quotes.",
    ),
    key(
        &["hosts"],
        "table",
        "empty",
        "Further lines of the virtual `/etc/hosts`, asked after the registry. `localhost` is always there.",
    ),
    key(&["hosts", "*"], "address, or list of addresses", "", "The addresses of one name."),
];

pub(in crate::config) fn read(
    reader: &Reader<'_>,
    table: &str,
    raw: BTreeMap<String, Addresses>,
) -> Result<ServiceRegistry, ConfigError> {
    let mut seen = BTreeSet::new();
    for (name, addresses) in &raw {
        let wrong =
            |what: &str| Err(reader.error(&[table, name], format!("`{name}` in `[{table}]`: {what}")));
        match HostName::new(name) {
            Err(error) => return wrong(&error.to_string()),
            Ok(_) if addresses.0.is_empty() => return wrong("there is no address"),
            Ok(known) if !seen.insert(known.clone()) => {
                return wrong("the name is there twice; case does not matter");
            }
            Ok(_) => {}
        }
    }
    ServiceRegistry::new(raw.into_iter().map(|(name, addresses)| (name, addresses.0)))
        .map_err(|error| reader.error(&[table], error.to_string()))
}
