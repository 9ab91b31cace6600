//! A whole `warp.toml`, checked: what the rest of the host uses; keeps no text of the file.

use super::error::{ConfigError, Warning};
use super::reader::Reader;
use super::sections::bindings::{self, BindingConfig, RawBinding};
use super::sections::env::{self, EnvValue, UnsetVariable};
use super::sections::files::{self, RawFolder};
use super::sections::http::{self, RawHttp};
use super::sections::limits::{self, RawLimits};
use super::sections::listeners::{self, ListenerConfig, RawListener};
use super::sections::names;
use super::sections::network::AuthoritiesError;
use super::sections::network::{self, NetworkRules, OutgoingSettings, RawNetwork};
use super::sections::package::{RawCommand, RawPackage};
use super::sections::services::{self, RawService, ServiceConfig};
use super::sections::shims::{self, RawShims};
use super::shims::ShimConfig;
use super::values::Addresses;
use super::walk;
use crate::application::{AppConfig, GuestKind};
use crate::http::HttpConfig;
use crate::instance::Folder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::de::DeTable;
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::names::{HostsFile, ServiceRegistry};
use warpgrid_grants::net::NetworkPolicy;

/// A whole `warp.toml`, checked. The default is that of an empty file. Paths are as they are written: a
/// relative one starts at the folder of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WarpConfig {
    /// `package.name`.
    pub name: Option<String>,
    /// `package.version`.
    pub version: Option<String>,
    /// `package.language`.
    pub language: Option<String>,
    /// What the application is, if `[command]` or `[http]` says so.
    pub kind: Option<GuestKind>,
    /// `[http]`, and `limits.instances`.
    pub http: HttpConfig,
    /// `[env]`.
    pub env: BTreeMap<String, EnvValue>,
    /// Folders of the host in `[files]`.
    pub folders: Vec<Folder>,
    /// The guest's paths of scratch folders in `[files]`.
    pub scratch: Vec<String>,
    /// `registry-file`.
    pub registry_file: Option<PathBuf>,
    /// `[registry]`.
    pub registry: ServiceRegistry,
    /// `[hosts]`; `localhost` comes with the hosts file.
    pub hosts: ServiceRegistry,
    /// `network.allow` and `network.listen`.
    pub network: NetworkPolicy,
    /// The same, as it is written.
    pub network_rules: NetworkRules,
    /// The rest of `[network]`.
    pub outgoing: OutgoingSettings,
    /// `[limits]`, without `instances`.
    pub limits: GuestLimits,
    /// `[shims]`.
    pub shims: ShimConfig,
    /// `[bindings]`, by name.
    pub bindings: Vec<BindingConfig>,
    /// `[listeners]`, by name.
    pub listeners: Vec<ListenerConfig>,
    /// `[services]`, by name.
    pub services: Vec<ServiceConfig>,
}

/// The file as serde reads it.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct RawConfig {
    package: RawPackage,
    command: Option<RawCommand>,
    http: Option<RawHttp>,
    env: BTreeMap<String, EnvValue>,
    files: BTreeMap<String, RawFolder>,
    registry_file: Option<String>,
    registry: BTreeMap<String, Addresses>,
    hosts: BTreeMap<String, Addresses>,
    network: RawNetwork,
    limits: RawLimits,
    shims: RawShims,
    bindings: BTreeMap<String, RawBinding>,
    listeners: BTreeMap<String, RawListener>,
    services: BTreeMap<String, RawService>,
}

impl WarpConfig {
    /// Reads the text of a `warp.toml`. `file` is only named in errors.
    ///
    /// # Errors
    /// [`ConfigError`] for the first thing that is wrong.
    pub fn parse(text: &str, file: &Path) -> Result<(Self, Vec<Warning>), ConfigError> {
        let from_toml = |error: toml::de::Error| ConfigError {
            file: file.to_owned(),
            line: error.span().map(|span| walk::line_at(text, span.start)),
            message: in_words(error.message()),
            hint: None,
        };
        let table = DeTable::parse(text).map_err(from_toml)?;
        let mut walked = walk::walk(text, file, table.get_ref())?;
        let raw: RawConfig = toml::from_str(text).map_err(from_toml)?;
        let mut warnings = std::mem::take(&mut walked.warnings);
        let config = Self::read(&Reader { file, walked: &walked }, raw)?;
        warnings.sort_by_key(|warning| warning.line);
        Ok((config, warnings))
    }

    fn read(reader: &Reader<'_>, raw: RawConfig) -> Result<Self, ConfigError> {
        let kind = match (&raw.command, &raw.http) {
            (Some(_), Some(_)) => {
                let message = "`[command]` and `[http]` are both there: an application is one of them";
                return Err(reader.error(&["http"], message.to_owned()));
            }
            (Some(_), None) => Some(GuestKind::Command),
            (None, Some(_)) => Some(GuestKind::Http),
            (None, None) => None,
        };
        let mut http = http::read(reader, raw.http.unwrap_or_default())?;
        env::check(reader, &raw.env)?;
        let (folders, scratch) = files::read(reader, raw.files)?;
        let bindings = bindings::read(reader, raw.bindings)?;
        let (network, network_rules, outgoing) = network::read(reader, raw.network)?;
        Ok(Self {
            name: raw.package.name,
            version: raw.package.version,
            language: raw.package.language,
            kind,
            limits: limits::read(reader, raw.limits, &mut http.max_instances)?,
            http,
            env: raw.env,
            folders,
            scratch,
            registry_file: raw.registry_file.map(PathBuf::from),
            registry: names::read(reader, "registry", raw.registry)?,
            hosts: names::read(reader, "hosts", raw.hosts)?,
            network,
            network_rules,
            outgoing,
            shims: shims::read(reader, raw.shims)?,
            listeners: listeners::read(reader, raw.listeners, &bindings)?,
            bindings,
            services: services::read(reader, raw.services)?,
        })
    }

    /// The virtual hosts file: `localhost` and the names of `[hosts]`.
    pub fn hosts_file(&self) -> HostsFile {
        self.hosts.entries().fold(HostsFile::local(), |hosts, (name, addresses)| hosts.with(name, addresses))
    }

    /// The guest's environment, with the values that come from the host's looked up.
    ///
    /// # Errors
    /// The names of the guest's and of the host's variable, when the latter is not set.
    pub fn environment(
        &self,
        host: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<(String, String)>, UnsetVariable> {
        let value = |(name, value): (&String, &EnvValue)| match value {
            EnvValue::Literal(value) => Ok((name.clone(), value.clone())),
            EnvValue::From(from) => match host(from) {
                Some(value) => Ok((name.clone(), value)),
                None => Err(UnsetVariable { name: name.clone(), from: from.clone() }),
            },
        };
        self.env.iter().map(value).collect()
    }

    /// What an application of this file is given. `name` is used when the file has none, `base` is the folder
    /// that relative paths start at. Other services are left for the embedder to load; passwords are not part
    /// of it ([`WarpConfig::secrets`]).
    ///
    /// # Errors
    /// [`AuthoritiesError`] when the file of certificate authorities cannot be read.
    pub fn app_config(&self, name: &str, base: &Path) -> Result<AppConfig, AuthoritiesError> {
        Ok(AppConfig {
            name: self.name.clone().unwrap_or_else(|| name.to_owned()),
            registry_file: self.registry_file.as_ref().map(|file| base.join(file)),
            outgoing: self.outgoing.read(base)?,
            registry: self.registry.clone(),
            hosts: self.hosts_file(),
            limits: self.limits,
            network: Arc::new(self.network.clone()),
            bindings: self.bindings.iter().map(|config| config.binding.clone()).collect(),
            ..AppConfig::default()
        })
    }
}

/// What the parser says, in the words of the reference page.
fn in_words(message: &str) -> String {
    let words = [
        ("expected a map", "expected a table"),
        ("expected a sequence", "expected a list"),
        ("expected a boolean", "expected true or false"),
        ("expected a string", "expected a text"),
        ("invalid type: map,", "invalid type: table,"),
        ("invalid type: sequence,", "invalid type: list,"),
        ("invalid type: string ", "invalid type: text "),
        ("invalid type: floating point ", "invalid type: number "),
    ];
    let message = message.trim_end().replace('\n', ", ");
    words.into_iter().fold(message, |message, (from, to)| message.replace(from, to))
}
