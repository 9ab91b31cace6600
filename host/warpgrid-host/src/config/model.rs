//! What the rest of the host uses of a `warp.toml`; keeps no text of the file.

use super::error::{ConfigError, Warning};
use super::raw::{Addresses, RawConfig, RawEnv, Toggle};
use super::walk::{self, Walked};
use crate::VERSION;
use crate::instance::Folder;
use crate::shims::dns::DnsConfig;
use crate::shims::filesystem::FilesystemConfig;
use crate::shims::sockets::SocketsConfig;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Duration;
use toml::de::DeTable;
use warpgrid_grants::names::{HostName, HostsFile, ServiceRegistry};
use warpgrid_grants::path::NormalPath;

/// Which shims an engine links, each with its configuration. The default switches all of them on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShimConfig {
    /// Virtual files. None: switched off.
    pub filesystem: Option<FilesystemConfig>,
    /// Names. None: switched off.
    pub dns: Option<DnsConfig>,
    /// TCP and UDP. None: no guest has any network.
    pub sockets: Option<SocketsConfig>,
}

impl Default for ShimConfig {
    fn default() -> Self {
        Self {
            filesystem: Some(FilesystemConfig::default()),
            dns: Some(DnsConfig::default()),
            sockets: Some(SocketsConfig::default()),
        }
    }
}

impl ShimConfig {
    /// Every shim switched off.
    pub fn none() -> Self {
        Self { filesystem: None, dns: None, sockets: None }
    }
}

/// The value of an environment variable of the guest.
#[derive(Clone, PartialEq, Eq)]
pub enum EnvValue {
    /// Written in the file.
    Literal(String),
    /// Taken from this variable of the host's environment.
    From(String),
}

impl fmt::Debug for EnvValue {
    /// Never shows a value: it may be a secret.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EnvValue::Literal(_) => out.write_str("Literal(..)"),
            EnvValue::From(name) => out.debug_tuple("From").field(name).finish(),
        }
    }
}

/// A whole `warp.toml`, checked. The default is that of an empty file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WarpConfig {
    /// `package.name`.
    pub name: Option<String>,
    /// `package.version`.
    pub version: Option<String>,
    /// `package.language`.
    pub language: Option<String>,
    /// `[env]`.
    pub env: BTreeMap<String, EnvValue>,
    /// `[files]`, with the hosts' paths as they are written.
    pub folders: Vec<Folder>,
    /// `[registry]`.
    pub registry: ServiceRegistry,
    /// `[hosts]`; `localhost` comes with the hosts file.
    pub hosts: ServiceRegistry,
    /// `[shims]`.
    pub shims: ShimConfig,
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
            message: error.message().trim_end().replace('\n', ", "),
            hint: None,
        };
        let table = DeTable::parse(text).map_err(from_toml)?;
        let mut walked = walk::walk(text, file, table.get_ref())?;
        let raw: RawConfig = toml::from_str(text).map_err(from_toml)?;
        warn_of_later_shims(&raw, &mut walked);
        let reader = Reader { file, walked: &walked };
        let config = Self {
            registry: reader.names("registry", raw.registry)?,
            hosts: reader.names("hosts", raw.hosts)?,
            env: reader.env(raw.env)?,
            folders: reader.folders(raw.files)?,
            shims: ShimConfig {
                filesystem: match raw.shims.filesystem {
                    Toggle::Off => None,
                    Toggle::On(raw) => Some(reader.filesystem(raw)?),
                },
                dns: match raw.shims.dns {
                    Toggle::Off => None,
                    Toggle::On(raw) => Some(dns(&raw)),
                },
                sockets: Some(SocketsConfig::default()),
            },
            name: raw.package.name,
            version: raw.package.version,
            language: raw.package.language,
        };
        Ok((config, walked.warnings))
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
}

/// A variable of the host's environment that the configuration needs is not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`env.{name}` takes its value from `{from}`, which is not set in this environment")]
pub struct UnsetVariable {
    /// The guest's variable.
    pub name: String,
    /// The host's variable.
    pub from: String,
}

fn warn_of_later_shims(raw: &RawConfig, walked: &mut Walked) {
    let shims = [
        ("signals", raw.shims.signals),
        ("database-proxy", raw.shims.database_proxy),
        ("threading", raw.shims.threading),
    ];
    for (key, on) in shims {
        if let (true, Some(line)) = (on, walked.line(&["shims", key])) {
            let message = format!(
                "`{key} = true` has no effect: warp {VERSION} does not have that shim yet, and a guest \
                 that imports it will not link"
            );
            walked.warnings.push(Warning { line, message });
        }
    }
}

fn dns(raw: &super::raw::RawDns) -> DnsConfig {
    let default = DnsConfig::default();
    DnsConfig {
        time_to_live: raw.ttl_seconds.map_or(default.time_to_live, |s| Duration::from_secs(s.into())),
        cache_entries: raw.cache_entries.map_or(default.cache_entries, |entries| entries as usize),
        system: raw.system.unwrap_or(default.system),
        ..default
    }
}

/// Turns values into checked ones, and names the line of those that are wrong.
struct Reader<'a> {
    file: &'a Path,
    walked: &'a Walked,
}

impl Reader<'_> {
    fn error(&self, path: &[&str], message: String) -> ConfigError {
        ConfigError { file: self.file.to_owned(), line: self.walked.line(path), message, hint: None }
    }

    fn names(&self, table: &str, raw: BTreeMap<String, Addresses>) -> Result<ServiceRegistry, ConfigError> {
        let mut seen = BTreeSet::new();
        for (name, addresses) in &raw {
            let wrong =
                |what: &str| Err(self.error(&[table, name], format!("`{name}` in `[{table}]`: {what}")));
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
            .map_err(|error| self.error(&[table], error.to_string()))
    }

    fn env(&self, raw: BTreeMap<String, RawEnv>) -> Result<BTreeMap<String, EnvValue>, ConfigError> {
        let mut env = BTreeMap::new();
        for (name, value) in raw {
            let has_nul = matches!(&value, RawEnv::Literal(text) if text.contains('\0'));
            if name.is_empty() || name.contains(['=', '\0']) || has_nul {
                let message = format!("`{name}` is not a variable that can be set");
                return Err(self.error(&["env", &name], message));
            }
            let value = match value {
                RawEnv::Literal(text) => EnvValue::Literal(text),
                RawEnv::From(from) => EnvValue::From(from),
            };
            env.insert(name, value);
        }
        Ok(env)
    }

    fn folders(&self, raw: BTreeMap<String, super::raw::RawFolder>) -> Result<Vec<Folder>, ConfigError> {
        let mut folders = Vec::new();
        for (guest, folder) in raw {
            let path = NormalPath::new(&guest)
                .map_err(|error| self.error(&["files", &guest], format!("`{guest}`: {error}")))?;
            folders.push(Folder {
                host: folder.host.into(),
                guest: path.as_str().to_owned(),
                read_only: folder.read_only,
            });
        }
        Ok(folders)
    }

    fn filesystem(&self, raw: super::raw::RawFilesystem) -> Result<FilesystemConfig, ConfigError> {
        const AT: [&str; 2] = ["shims", "filesystem"];
        for path in raw.extra_virtual_paths.keys() {
            NormalPath::new(path).map_err(|error| {
                self.error(&[AT[0], AT[1], "extra-virtual-paths", path], format!("`{path}`: {error}"))
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
}
