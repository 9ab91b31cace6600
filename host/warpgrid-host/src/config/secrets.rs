//! Secrets, looked up by reference; no value is ever shown.

use super::WarpConfig;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use warpgrid_pool::secret::Secret;

/// The longest secret, in bytes.
const LONGEST: u64 = 64 << 10;

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In this variable of the host's environment.
    Env(String),
    /// In this file, as the path is written.
    File(PathBuf),
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Source {
            env: Option<String>,
            file: Option<PathBuf>,
        }
        const EXPECTED: &str = "{ env = \"VARIABLE\" } or { file = \"PATH\" }";
        struct SourceVisitor;
        impl<'de> Visitor<'de> for SourceVisitor {
            type Value = SecretSource;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(EXPECTED)
            }
            // The text is a secret: it is not repeated.
            fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
                Err(E::custom(format!("a secret is not written here: say where it is, with {EXPECTED}")))
            }
            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
                self.visit_str("")
            }
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
                self.visit_str("")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let source = Source::deserialize(MapAccessDeserializer::new(map))?;
                match (source.env, source.file) {
                    (Some(name), None) if !name.is_empty() => Ok(SecretSource::Env(name)),
                    (None, Some(path)) if path != Path::new("") => Ok(SecretSource::File(path)),
                    _ => Err(de::Error::custom(format!("a secret is in one place: {EXPECTED}"))),
                }
            }
        }
        deserializer.deserialize_any(SourceVisitor)
    }
}

/// A secret that the configuration refers to is not there.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set.
    #[error("the password of `bindings.{binding}` is taken from the variable `{variable}`, which is not set")]
    Unset {
        /// The binding.
        binding: String,
        /// The variable of the host's environment.
        variable: String,
    },
    /// The variable or the file is empty.
    #[error("the password of `bindings.{binding}` is taken from {place}, which is empty")]
    Empty {
        /// The binding.
        binding: String,
        /// The variable or the file.
        place: String,
    },
    /// The file is longer than a secret can be.
    #[error("the password of `bindings.{binding}` is taken from `{}`, which is longer than 64 KiB", path.display())]
    TooLong {
        /// The binding.
        binding: String,
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read.
    #[error("the password of `bindings.{binding}` is taken from `{}`, which cannot be read", path.display())]
    File {
        /// The binding.
        binding: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl WarpConfig {
    /// The secrets of the bindings, by the path of their key without `bindings.`: `db` for a binding's password,
    /// `db.guest` for what its guests must give. `base` is the folder that relative paths start at, `host` the host's
    /// environment. To be called once, at the start.
    ///
    /// # Errors
    /// [`SecretError`] names the binding and the place of the first secret that is not there.
    pub fn secrets(
        &self,
        base: &Path,
        host: impl Fn(&str) -> Option<String>,
    ) -> Result<BTreeMap<String, Secret>, SecretError> {
        let mut secrets = BTreeMap::new();
        for config in &self.bindings {
            let name = &config.binding.name;
            let guest = config.guest.as_ref().map(|guest| (format!("{name}.guest"), &guest.password));
            for (key, source) in config.password.iter().map(|source| (name.clone(), source)).chain(guest) {
                secrets.insert(key.clone(), look_up(key, source, base, &host)?);
            }
        }
        Ok(secrets)
    }
}

fn look_up(
    binding: String,
    source: &SecretSource,
    base: &Path,
    host: &impl Fn(&str) -> Option<String>,
) -> Result<Secret, SecretError> {
    let (text, place) = match source {
        SecretSource::Env(variable) => match host(variable) {
            Some(text) => (text, format!("the variable `{variable}`")),
            None => return Err(SecretError::Unset { binding, variable: variable.clone() }),
        },
        SecretSource::File(path) => {
            let path = base.join(path);
            (file(&binding, &path)?, format!("the file `{}`", path.display()))
        }
    };
    if text.is_empty() { Err(SecretError::Empty { binding, place }) } else { Ok(Secret::new(text)) }
}

/// The text of a file without the line end that editors add.
fn file(binding: &str, path: &Path) -> Result<String, SecretError> {
    let (binding, path) = (binding.to_owned(), path.to_owned());
    let mut text = String::new();
    let read = std::fs::File::open(&path).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text));
    match read {
        Err(source) => Err(SecretError::File { binding, path, source }),
        Ok(_) if text.len() as u64 > LONGEST => Err(SecretError::TooLong { binding, path }),
        Ok(_) => {
            let line = text.strip_suffix('\n').unwrap_or(&text);
            Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
        }
    }
}
