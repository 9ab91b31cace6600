//! `[services]`: other services of the application, callable by name; loads none.

use crate::config::error::ConfigError;
use crate::config::keys::{Key, key};
use crate::config::reader::Reader;
use std::collections::BTreeMap;
use std::path::PathBuf;
use warpgrid_grants::names::HostName;

pub(in crate::config) const KEYS: &[Key] = &[
    key(
        &["services"],
        "table",
        "empty",
        "Other services of the application. The guest calls them over HTTP by name, and no connection is opened.",
    ),
    key(&["services", "*"], "table", "", "One service; the key is the host name that the guest calls."),
    key(
        &["services", "*", "component"],
        "text",
        "required",
        "The service's component. A relative path starts at the folder of `warp.toml`.",
    ),
];

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::config) struct RawService {
    component: Option<String>,
}

/// Another service of the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceConfig {
    /// The host name that guests call.
    pub name: HostName,
    /// The component, as the path is written.
    pub component: PathBuf,
}

pub(in crate::config) fn read(
    reader: &Reader<'_>,
    raw: BTreeMap<String, RawService>,
) -> Result<Vec<ServiceConfig>, ConfigError> {
    let mut services: Vec<ServiceConfig> = Vec::new();
    for (key, service) in raw {
        let wrong = |what: &str| reader.error(&["services", &key], format!("`[services.{key}]`: {what}"));
        let name = HostName::new(&key).map_err(|error| wrong(&error.to_string()))?;
        if services.iter().any(|known| known.name == name) {
            return Err(wrong("the name is there twice; case does not matter"));
        }
        match service.component.filter(|path| !path.is_empty()) {
            Some(path) => services.push(ServiceConfig { name, component: path.into() }),
            None => return Err(wrong("add `component = \"PATH\"`")),
        }
    }
    Ok(services)
}
