//! `[env]`: the guest's environment; shows no value.

use crate::config::error::ConfigError;
use crate::config::keys::{Key, key};
use crate::config::reader::Reader;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

pub(in crate::config) const KEYS: &[Key] = &[
    key(
        &["env"],
        "table",
        "empty",
        "The guest's environment, all of it: nothing of the host's environment is passed on by itself.",
    ),
    key(
        &["env", "*"],
        "text, or `{ from = \"VARIABLE\" }`",
        "",
        "The value, or the variable of the host's environment to take it from. A variable that is not set is an error.",
    ),
    key(&["env", "*", "from"], "text", "", "The variable of the host's environment."),
];

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

impl<'de> Deserialize<'de> for EnvValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct From {
            from: String,
        }
        struct EnvVisitor;
        impl<'de> Visitor<'de> for EnvVisitor {
            type Value = EnvValue;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a text, or { from = \"VARIABLE\" }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(EnvValue::Literal(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                From::deserialize(MapAccessDeserializer::new(map)).map(|from| EnvValue::From(from.from))
            }
        }
        deserializer.deserialize_any(EnvVisitor)
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

pub(in crate::config) fn check(
    reader: &Reader<'_>,
    env: &BTreeMap<String, EnvValue>,
) -> Result<(), ConfigError> {
    for (name, value) in env {
        let has_nul = matches!(value, EnvValue::Literal(text) if text.contains('\0'));
        if name.is_empty() || name.contains(['=', '\0']) || has_nul {
            let message = format!("`{name}` is not a variable that can be set");
            return Err(reader.error(&["env", name], message));
        }
    }
    Ok(())
}
